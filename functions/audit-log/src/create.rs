//! `POST /v1/audit-log`: adds an entry of one's own, in the compatible API's
//! shape.

use portico_app::{App, Grant};
use portico_domain::{
    Actor, AuditEntry, AuditEntryView, AuditNote, ClientId, CompanyId, Feature, InternalUserId,
    Invalid, Permission, text,
};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body, created,
    schema,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the type of such an entry begins with.
const PREFIX: &str = "customEvent.";
/// How many characters of JSON the context has at most.
const MAX_CONTEXT: usize = 4_096;

/// What this function answers to.
pub const ROUTE: Route = Route::post("audit-log-create", "/v1/audit-log")
    .needs(Permission::WriteAuditLog)
    .part_of(Feature::AuditLog)
    .also_at(&["/v1/events"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Add an entry to the audit log",
    description: "For what an app of yours did on somebody's behalf. `eventType` is shown as `customEvent.` and what was given. The entry says which key added it.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<NewEntry>),
    answer: Body::Created(schema::<AuditEntryView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// An entry of the audit log, as a program adds it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewEntry {
    /// What happened, in 1 to 100 letters and digits.
    event_type: Option<String>,
    /// Who did it.
    actor_id: Option<String>,
    /// `clientUser` or `internalUser`.
    actor_type: Option<String>,
    /// The company that it concerns; needed if a client did it.
    company_id: Option<String>,
    /// What happened, in a sentence of at most 500 characters.
    event_description: Option<String>,
    /// More about it, of at most 4096 characters of JSON.
    #[serde(default)]
    context: Map<String, Value>,
}

/// Adds the entry.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let new: NewEntry = body(&request)?;
    let workspace = caller.store(app);
    let (actor, company_id) = actor(&workspace, &new).await?;
    let mut note = note(new, actor)?;
    note.company_id = company_id;
    let mut change = caller.change(app);
    change.origin.actor = actor;
    change.note(note);
    let entry = AuditEntry::of(&change, caller.workspace_id).ok_or_else(Problem::internal)?;
    caller.commit(app, &change, created(&entry.view())).await
}

/// Who did it, and the company that it concerns; both have to be there.
async fn actor(
    workspace: &WorkspaceStore<'_>,
    new: &NewEntry,
) -> Result<(Actor, Option<CompanyId>), Problem> {
    let id = new
        .actor_id
        .as_deref()
        .ok_or_else(|| Invalid::missing("actorId"))?;
    let company = match new.company_id.as_deref().filter(|id| !id.is_empty()) {
        None => None,
        Some(text) => Some(text.parse::<CompanyId>().map_err(|_| unknown_company())?),
    };
    match new.actor_type.as_deref() {
        Some("internalUser") => {
            let id: InternalUserId = id.parse().map_err(|_| unknown_actor())?;
            workspace
                .internal_user(id)
                .await?
                .ok_or_else(unknown_actor)?;
            if let Some(id) = company {
                workspace.company(id).await?.ok_or_else(unknown_company)?;
            }
            Ok((Actor::InternalUser { id }, company))
        }
        Some("clientUser") => {
            let company = company.ok_or_else(|| Invalid::missing("companyId"))?;
            let id: ClientId = id.parse().map_err(|_| unknown_actor())?;
            let client = workspace.client(id).await?.ok_or_else(unknown_actor)?;
            if !client.memberships().any(|id| id == company) {
                return Err(unknown_company().into());
            }
            Ok((Actor::Client { id }, Some(company)))
        }
        Some(_) => {
            let message = "actorType is clientUser or internalUser";
            Err(Invalid::new("actorType", "actor_type_unknown", message).into())
        }
        None => Err(Invalid::missing("actorType").into()),
    }
}

fn note(new: NewEntry, actor: Actor) -> Result<AuditNote, Invalid> {
    let kind = new.event_type.unwrap_or_default();
    let is_plain = kind.chars().all(|one| one.is_ascii_alphanumeric());
    if kind.is_empty() || kind.len() > 100 || !is_plain {
        let message = "eventType has 1 to 100 letters and digits";
        return Err(Invalid::new("eventType", "event_type_invalid", message));
    }
    let description = new.event_description.unwrap_or_default();
    let description = text::line("eventDescription", &description, 1, 500)?;
    if Value::Object(new.context.clone()).to_string().len() > MAX_CONTEXT {
        let message = format!("context has at most {MAX_CONTEXT} characters of JSON");
        return Err(Invalid::new("context", "context_too_large", message));
    }
    let actor_id = actor.id().unwrap_or_default();
    let mut note = AuditNote::new(format!("{PREFIX}{kind}"), "customEvent", &actor_id);
    note.description = Some(description);
    note.context = new.context;
    Ok(note)
}

fn unknown_actor() -> Invalid {
    let message = "there is nobody with this id in this workspace";
    Invalid::new("actorId", "actor_unknown", message)
}

fn unknown_company() -> Invalid {
    let message = "there is no such company, or the client is not in it";
    Invalid::new("companyId", "company_unknown", message)
}
