//! What a test drives by hand, where nothing goes on by itself: what the
//! stream and the schedules have for the functions, and the functions' work.
//!
//! The queues' part is in [`Queues`](crate::sqs::Queues).

use crate::grants::Acting;
use crate::{LocalServer, pump, sqs::Message};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use portico_app::{Trigger, TriggerError};
use portico_queue::Queue;
use portico_web::{Function, serve};
use serde_json::Value;

impl LocalServer {
    /// What was written to the table since this was last asked, as records of
    /// its stream.
    pub async fn stream_records(&self) -> Vec<Value> {
        self.core.pumps.stream.take().await
    }

    /// The event that a queue has for its function.
    pub fn queue_event(queue: Queue, messages: &[Message]) -> Value {
        crate::sqs::event(&pump::arn(queue), messages)
    }

    /// The event that a schedule has for its function.
    pub fn schedule_event(&self, trigger: &Trigger) -> Value {
        pump::schedule_event(self.app(), trigger)
    }

    /// The work of a function on an event, within its grants.
    pub fn work(
        &self,
        trigger: &Trigger,
        event: Value,
    ) -> impl Future<Output = Result<Value, TriggerError>> + Send + use<> {
        self.core.pumps.runner.work(trigger, event)
    }

    /// A function's answer to a request, within its grants.
    pub fn answer(
        &self,
        function: Function,
        event: ApiGatewayV2httpRequest,
    ) -> impl Future<Output = ApiGatewayV2httpResponse> + Send + use<> {
        let acting = Acting {
            name: function.route.name,
            grants: function.grants,
        };
        let app = std::sync::Arc::clone(&self.core.app);
        acting.scope(async move { serve(&app, &function, event).await })
    }

    /// Moves the clock forward, and does nothing else.
    pub fn pass(&self, time: std::time::Duration) {
        self.core.clock.advance(time);
    }
}
