//! When a message may leave.

use domain::dunning::Kind;
use domain::jurisdiction::{ContactHours, Jurisdiction};
use jiff::{SignedDuration, Timestamp};
use platform::Deps;
use platform::clock::{business_date, midnight};
use platform::store::{Brand, Communication, Slot, StoreError, WhatsappInstance};

/// Between two messages of an instance, where the brand says nothing.
const PAUSE_DEFAULT_MILLIS: (u32, u32) = (5_000, 15_000);
/// A turn that was missed by this much is given up for a new one, so that messages that waited for
/// a worker do not leave all at once.
const LATE_LIMIT: SignedDuration = SignedDuration::from_secs(60);
/// A moment further away than this was set by a clock that has been set back since.
const AHEAD_LIMIT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whether to wait for a moment.
pub fn is_ahead(moment: Timestamp, now: Timestamp) -> bool {
    moment > now && moment.duration_since(now) <= AHEAD_LIMIT
}

/// Whether the message has a turn that is now.
pub fn has_turn(brand: &Brand, communication: &Communication, now: Timestamp) -> bool {
    communication.slot.is_some_and(|slot| {
        slot <= now && now.duration_since(slot) <= LATE_LIMIT && first_allowed(brand, now) == now
    })
}

/// Takes the message's turn at the brand's instance. A daily message only has one on its own date.
pub async fn reserve(
    deps: &Deps,
    brand: &Brand,
    communication: &Communication,
) -> Result<Slot, StoreError> {
    let now = deps.now();
    let end = match communication.kind {
        Kind::Dunning => end_of_day(brand, now),
        Kind::Manual | Kind::Certificate => None,
    };
    let opening = |moment| first_allowed(brand, moment);
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

/// The moment itself where borrowers may be contacted then, else when that begins next.
fn first_allowed(brand: &Brand, moment: Timestamp) -> Timestamp {
    let hours = contact_hours(brand);
    let local = moment.to_zoned(brand.timezone.clone()).datetime();
    let date = if local.time() < hours.from {
        Some(local.date())
    } else if hours.allow(local.time()) {
        return moment;
    } else {
        local.date().tomorrow().ok()
    };
    date.and_then(|date| date.to_datetime(hours.from).to_zoned(brand.timezone.clone()).ok())
        .map_or(moment, |opening| opening.timestamp())
}

/// A country whose hours are not known gets the narrowest that are.
fn contact_hours(brand: &Brand) -> ContactHours {
    Jurisdiction::ALL
        .into_iter()
        .find(|country| country.code() == brand.country)
        .unwrap_or(Jurisdiction::India)
        .contact_hours()
}

fn end_of_day(brand: &Brand, now: Timestamp) -> Option<Timestamp> {
    let tomorrow = business_date(now, &brand.timezone).tomorrow().ok()?;
    midnight(tomorrow, &brand.timezone)
}
