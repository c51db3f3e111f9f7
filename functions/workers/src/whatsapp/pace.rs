//! When a message may leave an instance.

use jiff::{SignedDuration, Timestamp};
use platform::Deps;
use platform::clock::{business_date, midnight};
use platform::store::{
    Brand, Communication, PAUSE_DEFAULT_MILLIS, Slot, StoreError, WhatsappInstance,
};

/// A turn that was missed by this much is given up for a new one, so that messages that waited for
/// a worker do not leave all at once.
const LATE_LIMIT: SignedDuration = SignedDuration::from_secs(60);

/// Whether the message has a turn that is now.
pub fn has_turn(brand: &Brand, communication: &Communication, now: Timestamp) -> bool {
    communication.slot.is_some_and(|slot| {
        slot <= now && now.duration_since(slot) <= LATE_LIMIT && brand.contact_opening(now) == now
    })
}

/// Takes the message's turn at the brand's instance. A job's message only has one on its own date.
pub async fn reserve(
    deps: &Deps,
    brand: &Brand,
    communication: &Communication,
) -> Result<Slot, StoreError> {
    let now = deps.now();
    let end = if communication.kind.is_of_a_date() { end_of_day(brand, now) } else { None };
    let opening = |moment| brand.contact_opening(moment);
    let (shortest, longest) = pause_range(brand);
    let pause = || {
        let millis = deps.random(u64::from(shortest)..=u64::from(longest));
        SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    };
    WhatsappInstance::reserve(&deps.table, &brand.dunning.instance, now, opening, end, pause).await
}

/// The shortest time between two messages of the brand's instance.
pub fn shortest_pause(brand: &Brand) -> SignedDuration {
    SignedDuration::from_millis(i64::from(pause_range(brand).0))
}

fn pause_range(brand: &Brand) -> (u32, u32) {
    match brand.dunning.pause_millis {
        (shortest, longest) if shortest <= longest => (shortest, longest),
        _ => PAUSE_DEFAULT_MILLIS,
    }
}

fn end_of_day(brand: &Brand, now: Timestamp) -> Option<Timestamp> {
    let tomorrow = business_date(now, &brand.timezone).tomorrow().ok()?;
    midnight(tomorrow, &brand.timezone)
}
