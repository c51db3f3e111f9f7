//! The figures of a portfolio, and the rows behind them.

mod dashboards;
mod drift;
mod exports;
mod owners;
mod portfolio;
mod reports;
