//! What nights cost: 20,000 invoices of 1,100 contracts, 400 of them with 3 overdue each.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::ids::LoanId;
use domain::ledger::{Figure, Position};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use platform::store::{Brand, Consistency, Consumed, Loans, Shard};
use rust_decimal::Decimal;

use super::portfolio::{Contract, lend};
use super::stage::{Stage, StageError};

/// On-demand prices of DynamoDB's Standard class in us-east-1, in dollars for a million request
/// units, as of November 2024 (aws.amazon.com/dynamodb/pricing/on-demand).
const WRITE_DOLLARS_PER_MILLION: Decimal = Decimal::from_parts(625, 0, 0, false, 3);
const READ_DOLLARS_PER_MILLION: Decimal = Decimal::from_parts(125, 0, 0, false, 3);
/// How many times the portfolio stands in the shards of the larger dashboard.
const LARGER_TIMES: i64 = 100;
/// The first night.
const START: Date = date(2026, 3, 2);
/// The nights after the first on which contracts become overdue.
const TRANSITIONS_AFTER_DAYS: i32 = 10;

/// How large the portfolio is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub shards: u16,
    /// Contracts with three invoices overdue on the first night.
    pub overdue: usize,
    /// Contracts that become overdue later, all on one night.
    pub falling: usize,
    /// Contracts that stay current.
    pub current: usize,
    /// All contracts have this many invoices; the first `longer` have one more.
    pub installments: u16,
    pub longer: usize,
}

impl Size {
    /// 1,100 contracts, 20,000 invoices.
    pub const FULL: Self =
        Self { shards: 8, overdue: 400, falling: 200, current: 500, installments: 18, longer: 200 };

    pub const fn contracts(&self) -> usize {
        self.overdue + self.falling + self.current
    }

    pub fn invoices(&self) -> usize {
        self.contracts() * usize::from(self.installments) + self.longer
    }
}

/// What one thing consumed.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub what: &'static str,
    pub consumed: Consumed,
    /// Machine-dependent: told, never asserted.
    pub took: Duration,
}

/// What a bench found.
#[derive(Debug)]
pub struct Report {
    pub size: Size,
    /// All of the overdue contracts fall overdue at once, three invoices each.
    pub first_night: Measured,
    pub quiet_night: Measured,
    pub replay: Measured,
    /// Five dates in one run.
    pub caught_up: Measured,
    /// A night on which the falling contracts become overdue.
    pub transitions: Measured,
    pub dashboard: Measured,
    /// The same with the figures of a hundred times as many contracts.
    pub dashboard_larger: Measured,
    pub contract_screen: Measured,
}

/// Runs the nights in a new folder under `data_dir`, which must be empty, and measures them.
///
/// # Errors
/// Where the embedded cloud, a job or a check fails.
pub async fn measure(data_dir: PathBuf, size: Size) -> Result<Report, StageError> {
    let stage = Stage::start(data_dir).await?;
    stage.set_date(before(START, 1))?;
    let brand = stage.brand(size.shards).await?;
    let loans = lend(&stage, &brand, &contracts(size)).await?;
    stage.listen();
    stage.cloud.poller().settled().await;

    let day = |days: i32| START.saturating_add(days.days());
    let night = async |what, date| measured(&stage, what, stage.night(&brand, date)).await;
    let first_night = night("first night: every overdue contract becomes so", START).await?;
    let quiet_night = night("a night without transitions", day(1)).await?;
    let replay = night("the same night again", day(1)).await?;
    let caught_up = night("five missed nights in one", day(6)).await?;
    let last = TRANSITIONS_AFTER_DAYS;
    stage.night(&brand, day(last - 1)).await?;
    let transitions = night("a night with transitions", day(last)).await?;
    let drift = jobs::rebuild::check(&stage.deps, &brand).await?.drift;
    if drift > 0 {
        return Err(format!("{drift} figures drifted").into());
    }
    let dashboard = dashboard(&stage, &brand, "dashboard").await?;
    let larger = larger(&stage, &brand).await?;
    let dashboard_larger = self::dashboard(&stage, &larger, "dashboard, 100 times as many").await?;
    let contract_screen = screen(&stage, &brand, &loans).await?;
    stage.cloud.stop().await;
    Ok(Report {
        size,
        first_night,
        quiet_night,
        replay,
        caught_up,
        transitions,
        dashboard,
        dashboard_larger,
        contract_screen,
    })
}

/// Measures in a folder that is removed afterwards, and says what was found.
///
/// # Errors
/// Where the measurement fails.
pub async fn run() -> Result<Report, StageError> {
    let folder = std::env::temp_dir().join(format!("parcela-bench-{}", std::process::id()));
    let measured = measure(folder.clone(), Size::FULL).await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn before(date: Date, days: i32) -> Date {
    date.saturating_sub(days.days())
}

fn contracts(size: Size) -> Vec<Contract> {
    // Due 10, 40 and 70 days or so before the first night, then in three weeks.
    let overdue = before(START, 69);
    let falling = START.saturating_add((TRANSITIONS_AFTER_DAYS - 1).days());
    let current = START.saturating_add(20.days());
    let first_dues = std::iter::repeat_n(overdue, size.overdue)
        .chain(std::iter::repeat_n(falling, size.falling))
        .chain(std::iter::repeat_n(current, size.current));
    first_dues
        .zip(0_i64..)
        .map(|(first_due, number)| Contract {
            first_due,
            installments: size.installments
                + u16::from(usize::try_from(number).is_ok_and(|number| number < size.longer)),
            principal_cents: 40_000 + number * 137 % 30_011,
            interest_cents: 1_000 + number * 61 % 4_999,
        })
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "how long a run took is not business time")]
async fn measured(
    stage: &Stage,
    what: &'static str,
    run: impl Future<Output = Result<(), StageError>>,
) -> Result<Measured, StageError> {
    let meter = stage.deps.table.meter();
    meter.take();
    let started = Instant::now();
    run.await?;
    Ok(Measured { what, consumed: meter.total(), took: started.elapsed() })
}

async fn dashboard(
    stage: &Stage,
    brand: &Brand,
    what: &'static str,
) -> Result<Measured, StageError> {
    let read = async {
        let shards = Shard::all(&stage.deps.table, brand.id, Consistency::Eventual).await?;
        if shards.len() == usize::from(brand.shards) {
            Ok(())
        } else {
            Err(format!("{} shards of {}", shards.len(), brand.shards).into())
        }
    };
    measured(stage, what, read).await
}

/// A brand whose shards have the figures of a hundred times as many contracts.
async fn larger(stage: &Stage, brand: &Brand) -> Result<Brand, StageError> {
    let larger = stage.brand(brand.shards).await?;
    for shard in Shard::all(&stage.deps.table, brand.id, Consistency::Strong).await? {
        let mut position = Position::default();
        for (name, figure) in shard.position.fields() {
            let figure = match figure {
                Figure::Count(count) => Figure::Count(count * LARGER_TIMES),
                Figure::Amount(amount) => Figure::Amount(domain::money::Amount::new(
                    amount.value() * Decimal::from(LARGER_TIMES),
                )),
            };
            position.set(name, figure);
        }
        let mut copy = Shard { brand: larger.id, version: 0, position, ..shard };
        stage.deps.table.replace(&mut copy).await?;
    }
    Ok(larger)
}

async fn screen(stage: &Stage, brand: &Brand, loans: &[LoanId]) -> Result<Measured, StageError> {
    let loan = *loans.first().ok_or("no contract")?;
    let read = async {
        let record = Loans::new(&stage.deps.table).get(brand.id, loan).await?;
        let record = record.ok_or("the contract is not there")?;
        let owed = record.loan.owed(stage.deps.today(brand)).total();
        if owed.is_positive() { Ok(()) } else { Err("nothing is owed".into()) }
    };
    measured(stage, "a contract's screen, with what is owed today", read).await
}

impl Report {
    fn lines(&self) -> [&Measured; 8] {
        [
            &self.first_night,
            &self.quiet_night,
            &self.replay,
            &self.caught_up,
            &self.transitions,
            &self.dashboard,
            &self.dashboard_larger,
            &self.contract_screen,
        ]
    }

    /// Dollars for a night over a million invoices.
    fn dollars_per_million_invoice_days(&self, measured: &Measured) -> Decimal {
        let Consumed { read_units, write_units, .. } = measured.consumed;
        let per_night =
            write_units * WRITE_DOLLARS_PER_MILLION + read_units * READ_DOLLARS_PER_MILLION;
        // Both are per million units, and the answer is per million invoices.
        per_night / Decimal::from(self.size.invoices())
    }
}

/// A table in Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { overdue, falling, shards, .. } = self.size;
        writeln!(
            f,
            "{} contracts, {} invoices, {overdue} contracts with 3 overdue each, {falling} that \
             become overdue, {shards} shards\n",
            self.size.contracts(),
            self.size.invoices(),
        )?;
        writeln!(
            f,
            "| | write units | read units | calls | seconds | dollars per million invoice-days |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|")?;
        for line in self.lines() {
            let Consumed { calls, read_units, write_units } = line.consumed;
            writeln!(
                f,
                "| {} | {} | {} | {calls} | {}.{:02} | {:.4} |",
                line.what,
                write_units.normalize(),
                read_units.normalize(),
                line.took.as_secs(),
                line.took.subsec_millis() / 10,
                self.dollars_per_million_invoice_days(line),
            )?;
        }
        Ok(())
    }
}
