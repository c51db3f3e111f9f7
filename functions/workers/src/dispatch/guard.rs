//! The contact guard at the moment a message would leave.

use domain::dunning::Suppression;
use jiff::Timestamp;
use platform::Deps;
use platform::store::{Admits, Brand, Communication, Contact, Reason, StoreError, Tx};

/// What the guard says of a message.
#[derive(Debug)]
pub enum Pass {
    /// It may leave now, with this count.
    Leave(Counted),
    Wait(Timestamp),
    Never(Reason),
}

/// The borrower's record with the message counted, to be written with its claim.
#[derive(Debug)]
pub struct Counted(Contact);

/// Asks about a message as of now.
pub async fn ask(
    deps: &Deps,
    brand: &Brand,
    communication: &mut Communication,
) -> Result<Pass, StoreError> {
    let mut contact = Contact::load(&deps.table, brand.id, communication.customer).await?;
    Ok(match contact.admits(brand, deps.now()) {
        Admits::Now(date) => {
            contact.tally.add(date);
            communication.counted_on = Some(date);
            Pass::Leave(Counted(contact))
        }
        Admits::Later(opening) => Pass::Wait(opening),
        Admits::Never(suppression) => Pass::Never(reason(suppression)),
    })
}

fn reason(suppression: Suppression) -> Reason {
    Reason::new(suppression.code(), suppression.message())
}

impl Counted {
    /// Adds the count to the transaction of the claim. A conflict on `contact` means that another
    /// message left, or a wish changed: ask again.
    pub fn write<'x>(&mut self, tx: Tx<'x>) -> Tx<'x> {
        tx.replace("contact", &mut self.0)
    }
}

/// Adds to a transaction that a message which was counted did not leave.
pub async fn take_back<'x>(
    deps: &'x Deps,
    tx: Tx<'x>,
    communication: &mut Communication,
) -> Result<Tx<'x>, StoreError> {
    let Some(date) = communication.counted_on.take() else { return Ok(tx) };
    let mut contact =
        Contact::load(&deps.table, communication.brand, communication.customer).await?;
    contact.tally.take_back(date);
    Ok(tx.replace("contact", &mut contact))
}
