use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, Put, ReturnConsumedCapacity, ScalarAttributeType,
    StreamSpecification, StreamViewType, TransactWriteItem,
};

use super::fresh;

/// A table `name` with keys pk and sk, a keys-only index on `due`, and its stream on.
pub(super) async fn create_table(client: &Client, name: &str) {
    let attribute = |name| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let key = |name, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name("due")
        .key_schema(key("due", KeyType::Hash))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages);
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(["pk", "sk", "due"].map(attribute).to_vec()))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(index.build().unwrap())
        .stream_specification(stream.build().unwrap())
        .send()
        .await
        .unwrap();
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Units from AWS's developer guide: a write of up to 1 KB costs 1, one more for each index it
/// touches, twice that in a transaction; an eventually consistent query 0.5 per 4 KB.
#[tokio::test]
async fn index_transaction_and_capacity() {
    let (_dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().dynamodb_client();
    create_table(&client, "loans").await;

    let written = client
        .put_item()
        .table_name("loans")
        .item("pk", text("L1"))
        .item("sk", text("HEAD"))
        .item("due", text("2026-02-01"))
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    assert_eq!(written.consumed_capacity.unwrap().capacity_units, Some(2.0));

    let put = |key: &str| {
        let put = Put::builder().table_name("loans").item("pk", text(key)).item("sk", text("HEAD"));
        let put = put.condition_expression("attribute_not_exists(pk)").build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let both = client
        .transact_write_items()
        .transact_items(put("L2"))
        .transact_items(put("L3"))
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    let written = both.send().await.unwrap();
    assert_eq!(written.consumed_capacity()[0].capacity_units, Some(4.0));

    let again = client.transact_write_items().transact_items(put("L4")).transact_items(put("L3"));
    let refused = again.send().await.unwrap_err().into_service_error();
    assert_eq!(refused.code(), Some("TransactionCanceledException"));
    let missing = client.get_item().table_name("loans");
    let missing = missing.key("pk", text("L4")).key("sk", text("HEAD")).send().await.unwrap();
    assert!(missing.item.is_none(), "a cancelled transaction writes nothing");

    let due = client
        .query()
        .table_name("loans")
        .index_name("due")
        .key_condition_expression("due = :due")
        .expression_attribute_values(":due", text("2026-02-01"))
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    assert_eq!(due.items()[0]["pk"], text("L1"));
    assert_eq!(due.consumed_capacity.unwrap().capacity_units, Some(0.5));
    cloud.stop().await;
}
