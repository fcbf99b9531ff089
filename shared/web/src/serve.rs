//! From an API Gateway event to its answer.

use crate::{
    Function, Problem, Request, Response,
    commit::refuse_dry_run,
    etag::Conditions,
    problem_page::{self, Place},
};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use futures_util::FutureExt;
use portico_app::App;
use portico_domain::{Quota, RateLimit};
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
};

/// Answers an event with a function. Every event has an answer: a request
/// that is not this function's own is refused, and a panic becomes a problem
/// that says nothing of it.
pub async fn serve(
    app: &App,
    function: &Function,
    event: ApiGatewayV2httpRequest,
) -> ApiGatewayV2httpResponse {
    let id = event.request_context.request_id.clone().unwrap_or_default();
    let started = app.now();
    let (mut wants_page, mut place) = (false, None);
    let mut quota: Arc<OnceLock<Quota>> = Arc::default();
    let answered = async {
        let request = Request::of(event, function)?;
        wants_page = request.wants_page();
        place = Place::of(app, function, &request);
        quota = Arc::clone(&request.quota);
        refuse_other_routes(function, &request)?;
        refuse_dry_run(&request, function.operation)?;
        let conditions = Conditions::of(&request);
        let answered = (function.handle)(app, request).await;
        // What was answered before is an answer like any other.
        let answered = answered.or_else(|problem| problem.answered().cloned().ok_or(problem));
        conditions.apply(answered?)
    };
    let answered = AssertUnwindSafe(answered)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| {
            let reason = panic
                .downcast_ref::<&str>()
                .copied()
                .unwrap_or("a panic without a text");
            tracing::error!(
                function = function.route.name,
                reason,
                "a function panicked"
            );
            Err(Problem::internal())
        });
    let took = app.now().since(started).as_millis();
    let (status, response) = match answered {
        Ok(response) => (None, response.with_header("x-request-id", &id)),
        Err(problem) => {
            let status = problem.status();
            let response = match place {
                // It reads, which makes a large future that is seldom wanted.
                Some(place) => Box::pin(place.say(app, &problem, &id)).await,
                None if wants_page => problem_page::plain(&problem, &id),
                None => problem.into_response(&id),
            };
            (Some(status), response)
        }
    };
    let response = match quota.get() {
        Some(quota) => with_quota(response, *quota),
        None => response,
    };
    tracing::info!(
        function = function.route.name,
        request = id,
        problem = status,
        took,
        "answered"
    );
    response.into_gateway()
}

/// Tells what the caller's key may do and may still do, as
/// draft-ietf-httpapi-ratelimit-headers-10 says it.
fn with_quota(response: Response, quota: Quota) -> Response {
    let RateLimit { requests, seconds } = quota.limit;
    let policy = format!("\"key\";q={requests};w={seconds}");
    let left = format!("\"key\";r={};t={}", quota.remaining, quota.seconds);
    response
        .with_header("ratelimit-policy", &policy)
        .with_header("ratelimit", &left)
}

fn refuse_other_routes(function: &Function, request: &Request) -> Result<(), Problem> {
    let route = function.route;
    let is_own = route.answers(&request.method) && route.keys().contains(&request.route_key);
    if is_own {
        Ok(())
    } else {
        Err(Problem::no_route(&request.method, &request.route_key))
    }
}

/// The answer to a request that never reaches a function.
pub fn refuse(problem: Problem, request_id: &str) -> ApiGatewayV2httpResponse {
    problem.into_response(request_id).into_gateway()
}
