use std::sync::{Arc, OnceLock};

use aws_types::SdkConfig;

/// A client of the SDK that is made when it is first used.
///
/// A function that never uses a service spends nothing on it at its start. And since a client is
/// made only where it is used, the linker leaves the service out of that function's binary.
#[derive(Debug)]
pub struct Lazy<C>(Arc<Inner<C>>);

#[derive(Debug)]
struct Inner<C> {
    client: OnceLock<C>,
    sdk: SdkConfig,
}

impl<C> Lazy<C> {
    pub fn new(sdk: &SdkConfig) -> Self {
        Self(Arc::new(Inner { client: OnceLock::new(), sdk: sdk.clone() }))
    }

    pub fn get(&self, connect: impl FnOnce(&SdkConfig) -> C) -> &C {
        self.0.client.get_or_init(|| connect(&self.0.sdk))
    }
}

impl<C> Clone for Lazy<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A client that is there already.
impl<C> From<C> for Lazy<C> {
    fn from(client: C) -> Self {
        let sdk = SdkConfig::builder().build();
        Self(Arc::new(Inner { client: OnceLock::from(client), sdk }))
    }
}
