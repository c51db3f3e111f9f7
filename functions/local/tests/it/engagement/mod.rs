//! Messages to borrowers: the dispatch over the real queue, the gateway's sandbox and the table,
//! under a clock that stands still until it is moved.

mod dispatch;
mod http;
mod reports;
mod support;
