//! The demo: two invented lenders with their staff.

pub(crate) mod people;

use administration::admin::brands::schedules;
use domain::ids::{BrandId, StaffId};
use domain::money::Percent;
use jiff::tz::TimeZone;
use platform::Deps;
use platform::auth::{Department, password};
use platform::store::{
    Appearance, Author, Brand, Charges, Dunning, Event, PasswordHash, StaffError, StaffUser,
    StoreError,
};
use rust_decimal::Decimal;
use secrecy::SecretString;
use ulid::Ulid;

/// Parts of a demo brand's portfolio.
const SHARDS: u16 = 8;
/// The demo is driven by scripts and imports, which are faster than people.
const RATE_LIMIT_PER_MINUTE: u32 = 100_000;
/// Pauses between two messages of one WhatsApp number.
const PAUSE_MILLIS: (u32, u32) = (5_000, 15_000);

/// Why the demo could not be created.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the demo could not be created: {0}")]
    Refused(String),
    #[error("the demo's {0} is not valid")]
    Invalid(&'static str),
}

/// The platform's administrator.
pub const SUPER_ADMIN_EMAIL: &str = "super.admin@example.test";

/// The departments that each demo lender has one person of.
pub const DEPARTMENTS: [Department; 6] = [
    Department::LoanManagement,
    Department::StreetSupervisor,
    Department::RenegotiationAnalyst,
    Department::Credit,
    Department::Collections,
    Department::Admin,
];

/// A demo lender.
#[derive(Debug, Clone, Copy)]
pub struct DemoBrand {
    pub name: &'static str,
    /// In the staff's addresses: `credit.aurora@example.test`.
    pub short: &'static str,
    ulid: &'static str,
    country: &'static str,
    timezone: &'static str,
    currency: &'static str,
    locale: &'static str,
    /// Percent of an overdue invoice's value, once.
    late_fee: i64,
    /// Percent a month on an overdue invoice's base.
    mora_monthly: i64,
    legal_name: &'static str,
    registration: &'static str,
    address: &'static str,
    contact: &'static str,
    /// The colours of its documents.
    colors: [&'static str; 2],
    /// Invented, in the order of [`DEPARTMENTS`].
    people: [&'static str; DEPARTMENTS.len()],
}

/// The demo lenders. Their ids are fixed, so that a command can name them.
pub const BRANDS: [DemoBrand; 2] = [
    DemoBrand {
        name: "Aurora Crédito",
        short: "aurora",
        ulid: "01JDEM0000000000000000BRAZ",
        country: "BR",
        timezone: "America/Sao_Paulo",
        currency: "BRL",
        locale: "pt-BR",
        late_fee: 2,
        mora_monthly: 1,
        legal_name: "Aurora Sociedade de Crédito Direto S.A.",
        registration: "CNPJ 11.222.333/0001-81",
        address: "Rua Inventada, 100, São Paulo, SP",
        contact: "atendimento@aurora.example.test",
        colors: ["#1f4e5f", "#e0a030"],
        people: [
            "Lia Prado",
            "Caio Teles",
            "Rute Sampaio",
            "Davi Queiroz",
            "Iara Bastos",
            "Otto Freire",
        ],
    },
    DemoBrand {
        name: "Banyan Finance",
        short: "banyan",
        ulid: "01JDEM00000000000000BHARAT",
        country: "IN",
        timezone: "Asia/Kolkata",
        currency: "INR",
        locale: "en-IN",
        late_fee: 2,
        mora_monthly: 2,
        legal_name: "Banyan Finance Private Limited",
        registration: "CIN U00000XX2020PTC000000",
        address: "1 Invented Road, Bengaluru",
        contact: "care@banyan.example.test",
        colors: ["#3d2c6b", "#d9822b"],
        people: [
            "Asha Pillai",
            "Kabir Menon",
            "Leela Barua",
            "Rohan Dutta",
            "Tara Kulkarni",
            "Vikram Sethi",
        ],
    },
];

impl DemoBrand {
    /// The id, the same in every data folder.
    ///
    /// # Errors
    /// Never, for the brands above.
    pub fn id(&self) -> Result<BrandId, SeedError> {
        let ulid = Ulid::from_string(self.ulid).map_err(|_| SeedError::Invalid("brand id"))?;
        Ok(BrandId::new(ulid))
    }

    /// The address of the one person of a department.
    pub fn email(&self, department: Department) -> String {
        let department = department.text().to_ascii_lowercase().replace('_', "-");
        format!("{department}.{}@example.test", self.short)
    }

    fn appearance(&self) -> Result<Appearance, SeedError> {
        let color = |text: &str| text.parse().map_err(|_| SeedError::Invalid("colour"));
        let [primary, accent] = self.colors;
        let text = |text: &str| Some(text.to_owned());
        Ok(Appearance {
            legal_name: text(self.legal_name),
            registration: text(self.registration),
            address: text(self.address),
            contact: text(self.contact),
            primary: color(primary)?,
            accent: color(accent)?,
            ..Appearance::plain(self.id()?)
        })
    }

    fn brand(&self) -> Result<Brand, SeedError> {
        Ok(Brand {
            id: self.id()?,
            version: 0,
            name: self.name.to_owned(),
            country: self.country.to_owned(),
            timezone: TimeZone::get(self.timezone).map_err(|_| SeedError::Invalid("timezone"))?,
            currency: self.currency.parse().map_err(|_| SeedError::Invalid("currency"))?,
            locale: self.locale.to_owned(),
            shards: SHARDS,
            charges: Charges {
                late_fee: Percent::new(Decimal::from(self.late_fee)),
                mora_monthly: Percent::new(Decimal::from(self.mora_monthly)),
            },
            dunning: Dunning {
                enabled: true,
                instance: format!("parcela-{}", self.short),
                pause_millis: PAUSE_MILLIS,
            },
            payments_need_approval: false,
            servicing: Default::default(),
            rate_limit_per_minute: RATE_LIMIT_PER_MINUTE,
            origins: Vec::new(),
            non_repayment_dates: Vec::new(),
            due_dates_move: false,
            unavailability_dates: Vec::new(),
            idle_after_minutes: Brand::IDLE_AFTER_DEFAULT_MINUTES,
        })
    }
}

/// Creates the demo lenders with their schedules and staff, and the platform's administrator. What
/// is there stays as it is.
///
/// # Errors
/// When the table or the scheduler refuses.
pub async fn demo(deps: &Deps, password: &str) -> Result<(), SeedError> {
    let hash = password::hash(&SecretString::from(password))
        .await
        .map_err(|error| SeedError::Refused(error.to_string()))?;
    let admin = Person { name: "Noor Almeida", email: SUPER_ADMIN_EMAIL.to_owned() };
    admin.create(deps, None, Department::SuperAdmin, &hash).await?;
    for demo in &BRANDS {
        if deps.brands.get(demo.id()?).await?.is_some() {
            continue;
        }
        let mut brand = demo.brand()?;
        for (department, name) in DEPARTMENTS.into_iter().zip(demo.people) {
            let person = Person { name, email: demo.email(department) };
            person.create(deps, Some(brand.id), department, &hash).await?;
        }
        schedules::put_all(deps, &brand)
            .await
            .map_err(|error| SeedError::Refused(error.to_string()))?;
        match deps.table.replace(&mut demo.appearance()?).await {
            Err(error) if !error.is_conflict() => return Err(error.into()),
            _ => {}
        }
        // The brand comes last: a start that was killed in between begins again.
        deps.brands.save(&mut brand).await?;
    }
    Ok(())
}

/// An invented person.
struct Person {
    name: &'static str,
    email: String,
}

impl Person {
    /// Stores the person; one who is there stays.
    async fn create(
        self,
        deps: &Deps,
        brand: Option<BrandId>,
        department: Department,
        hash: &str,
    ) -> Result<(), SeedError> {
        let id = StaffId::new(deps.ulid());
        let mut user = StaffUser {
            id,
            version: 0,
            brand,
            email: self.email.parse().map_err(|_| SeedError::Invalid("e-mail"))?,
            name: self.name.parse().map_err(|_| SeedError::Invalid("name"))?,
            department,
            permissions: Vec::new(),
            active: true,
            password_hash: PasswordHash::new(hash.to_owned()),
            credentials: StaffUser::FIRST_CREDENTIALS,
            created_at: deps.now(),
            updated_at: deps.now(),
        };
        let effect = Author::new("seed").effect("staff:create", id);
        let event = Event::new(deps, brand, effect);
        let tx = user.create_in(deps.table.tx(), &deps.config.lookup_key, &event)?;
        match tx.commit().await.map_err(StaffError::from_store) {
            Ok(()) | Err(StaffError::EmailTaken) => Ok(()),
            Err(StaffError::Store(error)) => Err(error.into()),
        }
    }
}
