//! `worker-import`: the steps of imports.

use platform::Deps;
use platform::imports::{self, ImportError, ImportMessage};
use platform::lambda::Message;

/// Does one step of an import; one that is done already is left as it is.
pub async fn handle(deps: Deps, message: Message<ImportMessage>) -> Result<(), ImportError> {
    imports::run(&deps, &message.body).await
}
