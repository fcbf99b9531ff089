//! `POST /v1/webhook-endpoints/{id}/recover`: has the deliveries of a time sent
//! again.

use crate::get::find;
use portico_app::{App, Grant, outbox};
use portico_domain::{
    EndpointDisabled, Include, Invalid, Permission, Recovery, RecoveryView, Time,
};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, created,
    retry_stale, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post(
    "webhook-endpoints-recover",
    "/v1/webhook-endpoints/{id}/recover",
)
.needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Send the deliveries of a time again",
    description: "Goes on in the background, about 100 deliveries a second, oldest first. Each request carries the `webhook-id` of its event as before, and the id of the recovery in `portico-recovery`. An endpoint has one running recovery at a time: another is refused with `recovery_running`, whatever its time, and names the one that runs in `recoveryId`.",
    query: &[],
    body: Some(schema::<NewRecovery>),
    answer: Body::Created(schema::<RecoveryView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Which deliveries are sent again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewRecovery {
    /// Events that happened then or later; no more than 30 days ago.
    since: Option<Time>,
    /// Events that happened before then; now, unless given.
    until: Option<Time>,
    /// `failed`, unless given: what gave up or waits for its next attempt; or
    /// `all`, also what was delivered.
    #[serde(default)]
    include: Include,
}

/// Orders a recovery.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("webhook endpoint")?;
    let new: NewRecovery = body(&request)?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let mut change = caller.change(app);
        let range = new.range(change.moment.now)?;
        let endpoint = find(&workspace, id).await?;
        request.if_match(&endpoint.view())?;
        if endpoint.disabled.is_some() {
            return Err(EndpointDisabled.into());
        }
        let latest = workspace.latest_recovery(&endpoint).await?;
        let latest = latest.as_ref();
        let recovery = Recovery::order(&mut change, &endpoint, latest, range, new.include)?;
        outbox::unpause(app, &workspace, &endpoint).await?;
        caller.commit(app, &change, created(&recovery.view())).await
    })
    .await
}

impl NewRecovery {
    fn range(&self, now: Time) -> Result<(Time, Time), Invalid> {
        let since = self.since.ok_or_else(|| Invalid::missing("since"))?;
        Recovery::range(since, self.until, now)
            .map_err(|refusal| Invalid::new(refusal.field(), "range_invalid", refusal.to_string()))
    }
}
