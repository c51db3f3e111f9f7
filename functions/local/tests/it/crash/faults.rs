//! A fault at one call to the cloud.

use std::sync::{Arc, Mutex, MutexGuard};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextMut,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process stops before the call.
    StopBefore,
    /// The process stops after the call, before it has the answer.
    StopAfter,
    /// The call is done and its answer does not arrive; the process goes on.
    LoseAnswer,
}

impl Fault {
    pub const ALL: [Self; 3] = [Self::StopBefore, Self::StopAfter, Self::LoseAnswer];
}

#[derive(Debug, Default)]
struct State {
    armed: Option<(Fault, usize)>,
    /// Calls begun since the fault was armed.
    calls: usize,
    /// The process is gone: it calls nothing more.
    stopped: bool,
}

/// Counts the calls of the clients that it is put into, and does the fault at its call.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

impl Faults {
    /// From now on, at the call of this number.
    pub fn arm(&self, fault: Fault, call: usize) {
        *self.state() = State { armed: Some((fault, call)), ..State::default() };
    }

    /// None from now on; answers how many calls there were.
    pub fn disarm(&self) -> usize {
        std::mem::take(&mut *self.state()).calls
    }

    /// Whether the process is gone; the next one is there then.
    pub fn restart(&self) -> bool {
        std::mem::take(&mut self.state().stopped)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn is_at(&self, fault: Fault, config: &ConfigBag) -> bool {
        let call = config.load::<Number>().map(|number| number.0);
        call.is_some_and(|call| self.state().armed == Some((fault, call)))
    }
}

/// The number of a call.
#[derive(Debug, Clone, Copy)]
struct Number(usize);

impl Storable for Number {
    type Storer = StoreReplace<Self>;
}

#[derive(Debug, thiserror::Error)]
#[error("the process is gone")]
struct Gone;

impl Intercept for Faults {
    fn name(&self) -> &'static str {
        "faults"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut state = self.state();
        if state.stopped {
            return Err(Gone.into());
        }
        let number = state.calls;
        state.calls += 1;
        config.interceptor_state().store_put(Number(number));
        if state.armed == Some((Fault::StopBefore, number)) {
            state.stopped = true;
            return Err(Gone.into());
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _runtime: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.is_at(Fault::LoseAnswer, config) {
            // Once: the client's own retry gets an answer.
            self.state().armed = None;
            if let Some(answer) = context.output_or_error_mut() {
                *answer = Err(OrchestratorError::timeout("the answer did not arrive".into()));
            }
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        _context: &FinalizerInterceptorContextRef<'_>,
        _runtime: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.is_at(Fault::StopAfter, config) {
            self.state().stopped = true;
            return Err(Gone.into());
        }
        Ok(())
    }
}
