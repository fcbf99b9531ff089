//! What a test drives by hand, where nothing goes on by itself: what the
//! stream and the schedules have for the functions, and the functions' work.
//!
//! The queues' part is in [`Queues`](crate::sqs::Queues).

use crate::{LocalServer, clock::MovableClock, gateway, grants::Acting, pump, sqs::Message};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, State},
};
use portico_app::{Trigger, TriggerError};
use portico_queue::Queue;
use portico_web::{Function, serve};
use serde_json::Value;
use std::{net::SocketAddr, sync::Arc};

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

    /// The work of the API on a request, up to the status and the body of its
    /// answer.
    pub fn answer(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: &Value,
    ) -> impl Future<Output = (u16, Value)> + Send + use<> {
        let request = axum::extract::Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", key)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap_or_default();
        let core = Arc::clone(&self.core);
        async move {
            let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 0)));
            let response = gateway::handle(State(core), peer, request).await;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), usize::MAX).await;
            let body = serde_json::from_slice(&body.unwrap_or_default());
            (status, body.unwrap_or_default())
        }
    }

    /// A function's answer to an event of API Gateway, within its grants.
    pub fn invoke(
        &self,
        function: Function,
        event: ApiGatewayV2httpRequest,
    ) -> impl Future<Output = ApiGatewayV2httpResponse> + Send + use<> {
        let acting = Acting {
            name: function.route.name,
            grants: function.grants(),
        };
        let app = Arc::clone(&self.core.app);
        acting.scope(async move { serve(&app, &function, event).await })
    }

    /// The clock, to be moved from anywhere.
    pub fn clock(&self) -> MovableClock {
        self.core.clock.clone()
    }

    /// Moves the clock forward, and does nothing else.
    pub fn pass(&self, time: std::time::Duration) {
        self.core.clock.advance(time);
    }
}
