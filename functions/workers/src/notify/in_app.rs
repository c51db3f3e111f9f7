//! Telling staff of an event.

use domain::ids::StaffId;
use futures::{StreamExt, TryStreamExt};
use platform::Deps;
use platform::auth::Permission;
use platform::notify::Happening;
use platform::store::{Consistency, Notification, StaffUser, StoreError};

const CONCURRENT_LIMIT_NOTIFICATIONS: usize = 8;
/// The staff of a brand who are looked at.
const STAFF_LIMIT: usize = 1_000;
const PAGE_LIMIT_STAFF: usize = 100;

/// Records the event for each person that it concerns, once: a second delivery finds it there.
pub async fn tell(deps: &Deps, happening: &Happening) -> Result<(), StoreError> {
    let people = match (happening.to, happening.topic.audience()) {
        (Some(person), _) => vec![person],
        (None, Some(permission)) => audience(deps, happening, permission).await?,
        (None, None) => Vec::new(),
    };
    futures::stream::iter(people)
        .map(|person| record(deps, happening, person))
        .buffer_unordered(CONCURRENT_LIMIT_NOTIFICATIONS)
        .try_collect()
        .await
}

/// Everybody of the brand who may act on it, but for who did it.
async fn audience(
    deps: &Deps,
    happening: &Happening,
    permission: Permission,
) -> Result<Vec<StaffId>, StoreError> {
    let range = StaffUser::of_brand(Some(happening.brand_id));
    let (mut people, mut after, mut looked) = (Vec::new(), None, 0);
    loop {
        let page = deps.table.query_keys(&range, PAGE_LIMIT_STAFF, after).await?;
        looked += page.items.len();
        let staff = deps.table.batch_get::<StaffUser>(&page.items, Consistency::Eventual).await?;
        let concerned = staff.into_iter().filter(|user| {
            user.active
                && user.id.to_string() != happening.actor
                && user.all_permissions().contains(&permission)
        });
        people.extend(concerned.map(|user| user.id));
        after = page.next;
        if after.is_none() || looked >= STAFF_LIMIT {
            return Ok(people);
        }
    }
}

async fn record(deps: &Deps, happening: &Happening, staff: StaffId) -> Result<(), StoreError> {
    let notification = Notification {
        brand: happening.brand_id,
        staff,
        id: Notification::id_of(happening.event_id.ulid(), staff),
        version: 1,
        topic: happening.topic,
        entity: happening.entity.clone(),
        at: happening.at,
        read_at: None,
    };
    match deps.table.create(&notification).await {
        Err(error) if !error.is_conflict() => Err(error),
        _ => Ok(()),
    }
}
