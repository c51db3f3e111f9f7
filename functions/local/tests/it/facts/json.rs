use local::system::DELIVERIES_LIMIT;
use local::system::functions::Trigger;
use platform::aws::Queue;
use serde_json::{Value, json};

use super::Facts;
use crate::openapi::committed;

const FILE: &str = "infra/functions.json";
const BATCH_RECORDS: u32 = 25;

fn function(facts: &Facts) -> Value {
    let metadata = &facts.metadata;
    let mut function = json!({
        "name": facts.name,
        "area": facts.area,
        "kind": facts.kind(),
        "memoryMb": metadata.memory_mb,
        "timeoutSeconds": metadata.timeout_seconds,
        "environment": facts.environment(),
        "grants": metadata.grants,
        "egress": metadata.egress,
        "reservedConcurrency": metadata.reserved_concurrency,
    });
    match facts.trigger {
        Trigger::Http(_) => function["routes"] = json!(facts.routes),
        Trigger::Job(_) => function["schedule"] = json!(facts.schedule()),
        Trigger::Queue { queue, batch_size, concurrency, .. } => {
            function["queue"] = json!(queue.name());
            function["batchSize"] = json!(batch_size);
            function["maxConcurrency"] = json!(concurrency);
        }
        Trigger::Stream(_) => function["batchSize"] = json!(BATCH_RECORDS),
    }
    function
}

/// The queues that functions read; those of dead letters come with them.
fn queues(functions: &[Facts]) -> Vec<Value> {
    let reader = |queue: Queue| {
        functions
            .iter()
            .find(|facts| matches!(facts.trigger, Trigger::Queue { queue: of, .. } if of == queue))
    };
    Queue::ALL
        .into_iter()
        .filter(|queue| !queue.is_dead_letters())
        .map(|queue| {
            let reader = reader(queue).unwrap_or_else(|| panic!("nobody reads {queue}"));
            json!({
                "name": queue.name(),
                "visibilitySeconds": reader.visibility_seconds(),
                "maxReceives": DELIVERIES_LIMIT,
            })
        })
        .collect()
}

#[test]
fn the_infrastructures_facts_are_what_the_code_says() {
    let functions = Facts::all();
    let all: Vec<Value> = functions.iter().map(function).collect();
    let facts = json!({ "functions": all, "queues": queues(&functions) });
    let text = serde_json::to_string_pretty(&facts).unwrap();
    committed::check(FILE, &format!("{text}\n"));
}
