//! `template.yaml`: the functions as AWS SAM describes them, for `sam local` and `sam build`.

use std::fmt::Write as _;

use local::system::DELIVERIES_LIMIT;
use local::system::functions::Trigger;
use platform::aws::Queue;
use serde_json::{Map, Value, json};

use super::Facts;
use crate::openapi::committed;

const FILE: &str = "template.yaml";
const HEAD: &str = "\
# Written by the test `facts` of the package `local`; for `sam local` and for a look at what there
# is. What is deployed is `infra/`. The binaries come from
# `.ci/release --arm64`, so that `sam build` has nothing to compile.
";
const STREAM_TRIES: u32 = 10;
const BATCH_RECORDS: u32 = 25;

/// `worker-accrual` is `WorkerAccrual`.
fn pascal(name: &str) -> String {
    let mut id = String::new();
    for word in name.split(['-', '_']) {
        let mut letters = word.chars();
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(letters.as_str());
    }
    id
}

fn queue_id(queue: Queue) -> String {
    match queue.name().strip_suffix("-dead") {
        Some(of) => format!("{}DeadLetters", pascal(of)),
        None => format!("{}Queue", pascal(queue.name())),
    }
}

fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

fn attribute(id: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

/// The value of a variable of a function's environment.
fn variable(name: &str) -> Value {
    if let Some(queue) = Queue::ALL.into_iter().find(|queue| queue.variable() == name) {
        return reference(&queue_id(queue));
    }
    match name {
        "TABLE_NAME" => reference("Table"),
        "BUCKET_NAME" => reference("Bucket"),
        "SCHEDULE_GROUP" => reference("ScheduleGroup"),
        "SCHEDULE_ROLE_ARN" => attribute("SchedulerRole", "Arn"),
        "JOB_ARN" => {
            json!({ "Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:{job}" })
        }
        _ => reference(&pascal(&name.to_lowercase())),
    }
}

fn events(facts: &Facts) -> Value {
    let mut events = Map::new();
    match facts.trigger {
        Trigger::Http(_) => {
            for (number, key) in facts.routes.iter().enumerate() {
                let (method, path) = key.split_once(' ').unwrap();
                let event = json!({
                    "Type": "HttpApi",
                    "Properties": { "ApiId": reference("Api"), "Method": method, "Path": path },
                });
                events.insert(format!("Route{:03}", number + 1), event);
            }
        }
        Trigger::Queue { queue, batch_size, concurrency, .. } => {
            let event = json!({
                "Type": "SQS",
                "Properties": {
                    "Queue": attribute(&queue_id(queue), "Arn"),
                    "BatchSize": batch_size,
                    "FunctionResponseTypes": ["ReportBatchItemFailures"],
                    "ScalingConfig": { "MaximumConcurrency": concurrency },
                },
            });
            events.insert("Messages".to_owned(), event);
        }
        Trigger::Stream(_) => {
            let event = json!({
                "Type": "DynamoDB",
                "Properties": {
                    "Stream": attribute("Table", "StreamArn"),
                    "StartingPosition": "TRIM_HORIZON",
                    "BatchSize": BATCH_RECORDS,
                    "BisectBatchOnFunctionError": true,
                    "FunctionResponseTypes": ["ReportBatchItemFailures"],
                    "MaximumRetryAttempts": STREAM_TRIES,
                    "DestinationConfig": {
                        "OnFailure": { "Type": "SQS", "Destination": attribute("StreamDeadLetters", "Arn") },
                    },
                },
            });
            events.insert("Changes".to_owned(), event);
        }
        // The function `admin` creates each brand's schedules, in the brand's timezone.
        Trigger::Job(_) => {}
    }
    events.into()
}

fn function(facts: &Facts) -> Value {
    let environment: Map<String, Value> =
        facts.environment().into_iter().map(|name| (name.clone(), variable(&name))).collect();
    let mut properties = json!({
        "FunctionName": facts.name,
        "CodeUri": format!("target/lambda/{}", facts.name),
        "MemorySize": facts.metadata.memory_mb,
        "Timeout": facts.metadata.timeout_seconds,
        "Environment": { "Variables": environment },
    });
    let events = events(facts);
    if events.as_object().is_some_and(|events| !events.is_empty()) {
        properties["Events"] = events;
    }
    json!({
        "Type": "AWS::Serverless::Function",
        "Metadata": { "SkipBuild": true },
        "Properties": properties,
    })
}

fn queues(functions: &[Facts], resources: &mut Map<String, Value>) {
    let dead_letters = |id: &str| {
        (
            id.to_owned(),
            json!({
                "Type": "AWS::SQS::Queue",
                "Properties": { "SqsManagedSseEnabled": true, "MessageRetentionPeriod": 1_209_600 },
            }),
        )
    };
    resources.extend([dead_letters("StreamDeadLetters")]);
    for queue in Queue::ALL.into_iter().filter(|queue| !queue.is_dead_letters()) {
        let reader = functions
            .iter()
            .find(|facts| matches!(facts.trigger, Trigger::Queue { queue: of, .. } if of == queue));
        let dead = format!("{}DeadLetters", pascal(queue.name()));
        let properties = json!({
            "SqsManagedSseEnabled": true,
            "VisibilityTimeout": reader.unwrap().visibility_seconds(),
            "RedrivePolicy": {
                "deadLetterTargetArn": attribute(&dead, "Arn"),
                "maxReceiveCount": DELIVERIES_LIMIT,
            },
        });
        resources.insert(
            queue_id(queue),
            json!({ "Type": "AWS::SQS::Queue", "Properties": properties }),
        );
        resources.extend([dead_letters(&dead)]);
    }
}

/// As `platform::store::create_table` makes it.
fn table() -> Value {
    let key = |hash: &str, range: &str| {
        json!([
            { "AttributeName": hash, "KeyType": "HASH" },
            { "AttributeName": range, "KeyType": "RANGE" },
        ])
    };
    let index = |name: &str, hash: &str, range: &str| {
        json!({
            "IndexName": name,
            "KeySchema": key(hash, range),
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        })
    };
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let attributes = ["pk", "sk", "dk", "ds", "lk", "ls"].map(text);
    json!({
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": attributes,
            "KeySchema": key("pk", "sk"),
            "GlobalSecondaryIndexes": [index("due", "dk", "ds"), index("list", "lk", "ls")],
            "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
            "TimeToLiveSpecification": { "AttributeName": "ttl", "Enabled": true },
            "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
            "SSESpecification": { "SSEEnabled": true },
        },
    })
}

/// What the variables without a resource of their own are set from.
fn parameters(functions: &[Facts]) -> Map<String, Value> {
    let mut parameters = Map::new();
    for name in functions.iter().flat_map(Facts::environment) {
        if let Some(id) = variable(&name).get("Ref").and_then(Value::as_str)
            && !["Table", "Bucket", "ScheduleGroup"].contains(&id)
            && !id.ends_with("Queue")
            && !id.ends_with("DeadLetters")
        {
            let is_secret = name.ends_with("_KEY");
            let mut parameter = json!({ "Type": "String", "NoEcho": is_secret });
            if !is_secret {
                parameter["Default"] = "".into();
            }
            parameters.insert(id.to_owned(), parameter);
        }
    }
    parameters
}

fn template() -> Value {
    let functions = Facts::all();
    let mut resources = Map::new();
    resources.insert("Api".to_owned(), json!({ "Type": "AWS::Serverless::HttpApi" }));
    resources.insert("Table".to_owned(), table());
    resources.insert(
        "Bucket".to_owned(),
        json!({
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": true, "BlockPublicPolicy": true,
                    "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
                },
            },
        }),
    );
    resources
        .insert("ScheduleGroup".to_owned(), json!({ "Type": "AWS::Scheduler::ScheduleGroup" }));
    resources.insert("SchedulerRole".to_owned(), scheduler_role(&functions));
    queues(&functions, &mut resources);
    for facts in &functions {
        resources.insert(pascal(&facts.name), function(facts));
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": parameters(&functions),
        "Globals": {
            "Function": {
                "Runtime": "provided.al2023",
                "Handler": "bootstrap",
                "Architectures": ["arm64"],
                "Tracing": "Active",
            },
        },
        "Resources": resources,
    })
}

/// May invoke the jobs and nothing else.
fn scheduler_role(functions: &[Facts]) -> Value {
    let jobs = functions.iter().filter(|facts| facts.kind() == "job");
    let jobs: Vec<Value> = jobs.map(|facts| attribute(&pascal(&facts.name), "Arn")).collect();
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": "scheduler.amazonaws.com" },
                    "Action": "sts:AssumeRole",
                }],
            },
            "Policies": [{
                "PolicyName": "InvokeJobs",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": jobs,
                    }],
                },
            }],
        },
    })
}

/// Plain block YAML; texts are quoted as in JSON, which YAML reads the same.
fn yaml(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let nested = |value: &Value| match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                if nested(field) {
                    writeln!(out, "{indent}{name}:").unwrap();
                    yaml(field, depth + 1, out);
                } else {
                    writeln!(out, "{indent}{name}: {field}").unwrap();
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                if nested(item) {
                    let mut inner = String::new();
                    yaml(item, depth + 1, &mut inner);
                    let first = inner.trim_start().to_owned();
                    write!(out, "{indent}- {first}").unwrap();
                } else {
                    writeln!(out, "{indent}- {item}").unwrap();
                }
            }
        }
        plain => writeln!(out, "{indent}{plain}").unwrap(),
    }
}

#[test]
fn the_sam_template_is_what_the_code_says() {
    let mut text = HEAD.to_owned();
    yaml(&template(), 0, &mut text);
    committed::check(FILE, &text);
}
