//! The whole system in one process: the embedded cloud, every function behind its trigger, the
//! providers' sandbox, and a business clock that can be moved.

mod clock;
mod control;
mod driver;
pub mod functions;
mod keys;
mod private;
mod provision;
mod running;
mod serve;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use connectors::whatsapp::Instance;
use connectors::whatsapp::evolution::Evolution;
use jiff::Timestamp;
use platform::Deps;
use platform::store::Brand;

pub use clock::BusinessClock;
pub use control::{Move, Moved, Status};
pub use driver::{Driver, Fired, Progress, Summary};
pub use keys::Keys;
pub use running::Running;

use serve::Servers;

use crate::cloud::{Cloud, CloudConfig, CloudError, Ports};
use crate::sandbox::whatsapp::{Config as WhatsAppConfig, Gateway};
use crate::sandbox::{Sandbox, router as sandbox_router};
use crate::seed;

/// The port of the API; the sandbox and the embedded cloud take the ones after it.
pub const DEFAULT_PORT: u16 = 8700;
/// The folder where everything is kept.
pub const DEFAULT_DATA_DIR: &str = ".parcela";

const CLOUD_FOLDER: &str = "cloud";
const SANDBOX_FOLDER: &str = "sandbox";
/// Waited before the sandbox repeats a report that did not arrive.
const REPORT_RETRY: Duration = Duration::from_millis(500);

/// How the system is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Created when it is not there; one process at a time.
    pub data_dir: PathBuf,
    /// The API's port on 127.0.0.1; 0 takes free ports for everything.
    pub port: u16,
    /// Where the business clock begins in a new data folder; the machine's time if not given.
    pub start_at: Option<Timestamp>,
    /// Whether the demo brands are created where there is no brand.
    pub demo: bool,
}

impl Options {
    /// The demo in a folder, at the default port.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), port: DEFAULT_PORT, start_at: None, demo: true }
    }

    /// The port `place` after the API's.
    const fn port_after(&self, place: u16) -> u16 {
        if self.port == 0 { 0 } else { self.port.saturating_add(place) }
    }
}

/// Why the system did not start, or a call into it failed.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error("port {port} on 127.0.0.1 cannot be had: {source}")]
    Port { port: u16, source: io::Error },
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Config(#[from] platform::config::ConfigError),
    #[error(transparent)]
    Store(#[from] platform::store::StoreError),
    #[error("the {what} could not be created: {code}")]
    Provision { what: &'static str, code: String },
    #[error("the sandbox: {0}")]
    Sandbox(String),
    #[error(transparent)]
    Seed(#[from] seed::SeedError),
    /// The clock is being moved already.
    #[error("the clock is being moved by another command")]
    Moving,
    /// The other end of a move went away.
    #[error("the move was interrupted")]
    Interrupted,
}

impl SystemError {
    fn provision(what: &'static str, code: Option<&str>) -> Self {
        Self::Provision { what, code: code.unwrap_or("no answer").to_owned() }
    }
}

/// The running system. Dropping it ends everything at once, as a kill would; [`System::stop`] lets
/// requests under way finish.
#[derive(Debug)]
pub struct System {
    cloud: Cloud,
    deps: Deps,
    clock: Arc<BusinessClock>,
    keys: Keys,
    gateway: Arc<Gateway>,
    driver: Driver,
    running: Running,
    data_dir: PathBuf,
    servers: Servers,
}

impl System {
    /// Starts the embedded cloud alone, with table, queues, bucket and schedule group. Answers the
    /// variables with which functions in other processes find it.
    ///
    /// # Errors
    /// As [`System::start`].
    pub async fn start_cloud(
        options: &Options,
    ) -> Result<(Cloud, Vec<(String, String)>), SystemError> {
        let (cloud, clock) = open_cloud(options).await?;
        let keys = Keys::open(&options.data_dir)?;
        let sandbox_url = format!("http://127.0.0.1:{}", options.port_after(1));
        let settings = provision::Settings::new(cloud.endpoints(), &keys, &sandbox_url);
        let deps = provision::connect(cloud.endpoints(), &settings, clock)?;
        provision::provision(cloud.endpoints(), &deps).await?;
        let environment = settings.environment(cloud.endpoints());
        Ok((cloud, environment))
    }

    /// Starts everything; all of it answers when this returns.
    ///
    /// # Errors
    /// When another process holds the folder, a port is taken, or something cannot be created.
    pub async fn start(options: Options) -> Result<Self, SystemError> {
        let (cloud, clock) = open_cloud(&options).await?;
        let data_dir = options.data_dir.clone();
        // From here on the folder is ours: another process would have failed above.
        let keys = Keys::open(&data_dir)?;
        let (api_listener, api) = serve::bind(options.port).await?;
        let (sandbox_listener, sandbox) = serve::bind(options.port_after(1)).await?;
        let (api_url, sandbox_url) = (url(api), url(sandbox));

        let settings = provision::Settings::new(cloud.endpoints(), &keys, &sandbox_url);
        let deps = provision::connect(cloud.endpoints(), &settings, clock.clone())?;
        provision::provision(cloud.endpoints(), &deps).await?;

        let gateway = Gateway::open(whatsapp_config(&data_dir, &keys, &clock)).await?;
        let business = clock.clone();
        let providers = Sandbox::open(
            gateway.clone(),
            &data_dir.join(SANDBOX_FOLDER),
            keys.whatsapp(),
            Arc::new(move || platform::clock::Clock::now(business.as_ref())),
        )?;
        let sandbox_app = sandbox_router(providers.clone());
        let driver = Driver::new(&cloud, clock.clone(), providers);
        let running = Running::new(api_url, sandbox_url, settings.environment(cloud.endpoints()));
        let app = control::router(control::Control {
            driver: driver.clone(),
            deps: deps.clone(),
            token: running.control_token.clone(),
        })
        .fallback_service(platform::http::finish(functions::routes(), deps.clone()));
        let mut servers = Servers::default();
        servers.serve(sandbox_listener, sandbox_app);
        servers.serve(api_listener, app);
        let system = Self { cloud, deps, clock, keys, gateway, driver, running, data_dir, servers };
        if options.demo {
            seed::demo(&system.deps, system.keys.demo_password()).await?;
        }
        system.connect_instances().await?;
        system.listen();
        system.running.write(&system.data_dir)?;
        Ok(system)
    }

    /// Makes each brand's WhatsApp instance known to the sandbox, with reports to our webhook.
    async fn connect_instances(&self) -> Result<(), SystemError> {
        let http = connectors::http::client().map_err(|e| SystemError::Sandbox(e.to_string()))?;
        let evolution = Evolution::new(http);
        let webhook = format!("{}/api/v1/webhook/evolution", self.running.url);
        for brand in self.deps.brands.all().await? {
            let name = brand.dunning.instance.as_str();
            if name.is_empty() {
                continue;
            }
            self.gateway.add_instance(name)?;
            let instance = Instance::new(&self.running.sandbox_url, name, self.keys.whatsapp())
                .map_err(|error| SystemError::Sandbox(error.to_string()))?;
            evolution
                .set_webhook(&instance, &webhook, &self.keys.whatsapp_webhook())
                .await
                .map_err(|error| SystemError::Sandbox(error.to_string()))?;
        }
        Ok(())
    }

    /// Stream, queues and schedules begin to call their functions.
    fn listen(&self) {
        serve::read_stream(&self.cloud, &self.deps);
        serve::read_queues(&self.cloud, &self.deps);
        self.cloud.fire_schedules(self.driver.on_fire(&self.deps));
    }

    /// Lets what is under way finish, and closes the files.
    pub async fn stop(self) {
        Running::remove(&self.data_dir);
        self.servers.stop().await;
        self.cloud.stop().await;
    }

    /// Where the API and everything else answer.
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// Moves the clock and waits for what comes of it.
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// What every function of this system works with.
    pub fn deps(&self) -> &Deps {
        &self.deps
    }

    /// The embedded cloud.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The WhatsApp sandbox.
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// The business clock.
    pub fn clock(&self) -> &Arc<BusinessClock> {
        &self.clock
    }

    /// The folder's secrets.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The brands there are.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn brands(&self) -> Result<Vec<Brand>, SystemError> {
        Ok(self.deps.brands.all().await?)
    }
}

async fn open_cloud(options: &Options) -> Result<(Cloud, Arc<BusinessClock>), SystemError> {
    let data_dir = &options.data_dir;
    private::create_folder(data_dir)?;
    let clock = Arc::new(BusinessClock::open(data_dir)?);
    let new_folder = !data_dir.join(CLOUD_FOLDER).exists();
    if let Some(start_at) = options.start_at.filter(|_| new_folder) {
        clock.set(start_at)?;
    }
    let ports = Ports {
        dynamodb: options.port_after(2),
        s3: options.port_after(3),
        sqs: options.port_after(4),
        scheduler: options.port_after(5),
    };
    let data_dir = data_dir.join(CLOUD_FOLDER);
    let cloud = Cloud::start(CloudConfig { data_dir, ports, clock: clock.clone() }).await?;
    Ok((cloud, clock))
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn whatsapp_config(data_dir: &Path, keys: &Keys, clock: &Arc<BusinessClock>) -> WhatsAppConfig {
    use platform::clock::Clock as _;
    let (business, wall) = (clock.clone(), clock.clone());
    WhatsAppConfig {
        data_dir: data_dir.join(SANDBOX_FOLDER),
        api_key: keys.whatsapp(),
        business_now: Arc::new(move || business.now()),
        wall_now: Arc::new(move || wall.wall()),
        first_retry: REPORT_RETRY,
    }
}
