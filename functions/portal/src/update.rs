//! `PATCH /portal/me`: a client changes its own profile.

use portico_app::{App, Grant};
use portico_domain::{
    ClientPatch, ProfileView,
    text::{line, phone},
};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit_client, body, ok,
    retry_stale, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::patch("portal-update", "/portal/me").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Change the own profile",
    description: "What is left out stays as it is. Companies are for the team to change.",
    query: &[],
    body: Some(schema::<Profile>),
    answer: Body::Json(schema::<ProfileView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What a client may change of itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Profile {
    /// First name.
    given_name: Option<String>,
    /// Last name; empty for a single name.
    family_name: Option<String>,
    /// Job title or role; an empty text clears it.
    position: Option<String>,
    /// Phone number in E.164 form; an empty text clears it.
    phone: Option<String>,
}

/// Changes the profile.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_client(app, &request).await?;
    let profile: Profile = body(&request)?;
    let part = |field: &str, text: Option<String>, min| {
        text.map(|text| line(field, &text, min, 100)).transpose()
    };
    let patch = ClientPatch {
        given_name: part("givenName", profile.given_name, 1)?,
        family_name: part("familyName", profile.family_name, 0)?,
        position: part("position", profile.position, 0)?,
        phone: profile
            .phone
            .map(|text| phone("phone", &text))
            .transpose()?,
        ..ClientPatch::default()
    };
    let workspace = app.store.workspace(caller.client.workspace_id);
    let client = retry_stale(|| async {
        let before = workspace.client(caller.client.id).await?;
        // It may have been archived since it was let in.
        let before = before.filter(|before| !before.is_archived());
        let before = before.ok_or_else(Problem::session_missing)?;
        request.if_match(&before.profile())?;
        let mut change = caller.change(app, &request);
        let mut after = before.clone();
        after.note_activity(change.moment.now);
        after.update(&mut change, patch.clone());
        let client = change.save_client(Some(&before), after);
        workspace.commit(&change).await?;
        Ok(client)
    })
    .await?;
    Ok(ok(&client.profile()))
}
