use std::sync::Arc;

use domain::ids::{BrandId, CustomerId};
use jiff::Timestamp;
use secrecy::SecretString;
use ulid::Ulid;

use super::{KeyError, KeyRing, LocalKeys, NoKeys, Pii, PiiError, Sealed, Subject};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn pii(secret: &str) -> Pii {
    Pii::new(Arc::new(LocalKeys::new(&SecretString::from(secret)).unwrap()))
}

fn subject(brand: u128, customer: u128) -> Subject {
    let (brand, customer) = (Ulid::from(brand), Ulid::from(customer));
    Subject::customer(BrandId::new(brand), CustomerId::new(customer))
}

async fn sealed(pii: &Pii, subject: &Subject) -> (KeyRing, Sealed) {
    let ring = pii.generate(subject, NOW).await.unwrap();
    let sealed = pii.seal(subject, &ring, "phone", b"+5511900000001").await.unwrap();
    (ring, sealed)
}

#[tokio::test]
async fn a_value_opens_where_it_was_sealed_and_nowhere_else() {
    let pii = pii("one");
    let ana = subject(1, 1);
    let (ring, phone) = sealed(&pii, &ana).await;
    assert_eq!(pii.open_text(&ana, &ring, "phone", &phone).await.unwrap(), "+5511900000001");
    assert_eq!(pii.open(&ana, &ring, "name", &phone).await, Err(PiiError::Foreign));

    // Another customer's ring, and another brand's.
    let bia = subject(1, 2);
    let (other_ring, _) = sealed(&pii, &bia).await;
    assert_eq!(pii.open(&bia, &other_ring, "phone", &phone).await, Err(PiiError::Foreign));
    // The value moved with its wrapped key: the key was wrapped for somebody else.
    let refused = |error| matches!(error, Err(PiiError::Key(KeyError::Refused(_))));
    assert!(refused(pii.open(&bia, &ring, "phone", &phone).await));
    assert!(refused(pii.open(&subject(2, 1), &ring, "phone", &phone).await));
    // Without its key it is gone.
    let none = KeyRing::default();
    assert_eq!(pii.open(&ana, &none, "phone", &phone).await, Err(PiiError::NoKey));
}

#[tokio::test]
async fn every_changed_byte_is_noticed() {
    let pii = pii("one");
    let ana = subject(1, 1);
    let (ring, phone) = sealed(&pii, &ana).await;
    let bytes = phone.into_bytes();
    // Form, key, nonce, text and tag: 2 + 12 + 14 + 16.
    assert_eq!(bytes.len(), 44);
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let opened = pii.open(&ana, &ring, "phone", &Sealed::from_bytes(changed)).await;
        let expected = match place {
            0 => PiiError::Form(0),
            1 => PiiError::NoKey,
            _ => PiiError::Foreign,
        };
        assert_eq!(opened, Err(expected), "byte {place}");
    }
    for length in 0..bytes.len() {
        let cut = Sealed::from_bytes(bytes[..length].to_vec());
        assert!(pii.open(&ana, &ring, "phone", &cut).await.is_err(), "{length} bytes");
    }
}

#[tokio::test]
async fn equal_values_are_sealed_differently() {
    let pii = pii("one");
    let ana = subject(1, 1);
    let (ring, first) = sealed(&pii, &ana).await;
    let second = pii.seal(&ana, &ring, "phone", b"+5511900000001").await.unwrap();
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_key_is_unwrapped_once() {
    let ana = subject(1, 1);
    let (ring, phone) = sealed(&pii("one"), &ana).await;
    let cold = pii("one");
    for _ in 0..5 {
        cold.open(&ana, &ring, "phone", &phone).await.unwrap();
    }
    cold.seal(&ana, &ring, "name", b"Ana").await.unwrap();
    assert_eq!(cold.calls(), 1);
    let other = pii("another");
    assert!(other.open(&ana, &ring, "phone", &phone).await.is_err());
}

#[tokio::test]
async fn no_more_keys_are_held_than_there_is_room_for() {
    let pii = pii("one");
    for customer in 0..1_100 {
        pii.generate(&subject(1, customer), NOW).await.unwrap();
    }
    assert_eq!(pii.open.len(), 1_024);
}

#[tokio::test]
async fn an_old_key_gets_a_successor_and_still_opens() {
    let pii = pii("one");
    let ana = subject(1, 1);
    let (mut ring, before) = sealed(&pii, &ana).await;
    let days = |days: i64| Timestamp::from_second(days * 86_400).unwrap();
    pii.renew(&ana, &mut ring, days(365)).await.unwrap();
    assert_eq!(pii.seal(&ana, &ring, "phone", b"x").await.unwrap().generation(), Ok(0));
    pii.renew(&ana, &mut ring, days(366)).await.unwrap();
    let after = pii.seal(&ana, &ring, "phone", b"+5511900000002").await.unwrap();
    assert_eq!(after.generation(), Ok(1));
    assert_eq!(pii.open_text(&ana, &ring, "phone", &before).await.unwrap(), "+5511900000001");
    assert_eq!(pii.open_text(&ana, &ring, "phone", &after).await.unwrap(), "+5511900000002");
    // The ring has an end.
    for year in 2..40 {
        pii.renew(&ana, &mut ring, days(366 * year)).await.unwrap();
    }
    assert_eq!(ring.current().map(|(generation, _)| generation), Some(15));
    assert_eq!(pii.open_text(&ana, &ring, "phone", &before).await.unwrap(), "+5511900000001");
}

#[tokio::test]
async fn nothing_is_sealed_without_a_key_service() {
    let pii = Pii::new(Arc::new(NoKeys));
    let error = pii.generate(&subject(1, 1), NOW).await.unwrap_err();
    assert_eq!(error, PiiError::Key(KeyError::NotConfigured));
}

#[test]
fn nothing_shows_itself() {
    let sealed = Sealed::from_bytes(vec![1, 0, 7]);
    assert_eq!(format!("{sealed:?} {:?}", KeyRing::default()), "Sealed(3 bytes) KeyRing(0 keys)");
}
