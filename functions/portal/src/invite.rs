//! `POST /portal/invitations`: a client invites a colleague into its company.

use portico_app::{App, Grant};
use portico_domain::{
    Actor, Client, ClientDraft, Companies, CompanyId, CreationMethod, Email, Invalid, Invitation,
    PersonName,
};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit_client, body,
    commit_for_outsider, count_mail, ok, refuse_if_full, schema,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What this function answers to.
pub const ROUTE: Route = Route::post("portal-invite", "/portal/invitations").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::GET,
    Grant::BATCH_GET,
    Grant::PUT,
    Grant::UPDATE,
    Grant::CHECK,
];

const OPERATION: Operation = Operation {
    summary: "Invite a colleague",
    description: "Into one of the own companies, where the workspace lets clients do so. The answer is the same whether or not the address is known. Where the plan of the workspace allows no more clients, nobody is invited (`no_new_accounts`).",
    query: &[],
    body: Some(schema::<NewColleague>),
    answer: Body::Json(schema::<Invited>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Who is invited, and whereto.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewColleague {
    /// First name.
    given_name: String,
    /// Last name.
    family_name: String,
    /// The address.
    email: String,
    /// One of the own companies; the primary one if left out.
    company_id: Option<CompanyId>,
}

/// That an invitation may be on its way.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ColleagueInvited")]
struct Invited {
    /// What is so whether or not the address was known.
    message: &'static str,
}

const PERHAPS: Invited = Invited {
    message: "unless this address is known already, an invitation is on its way",
};

/// Invites a colleague.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_client(app, &request).await?;
    let me = &caller.client;
    let wanted: NewColleague = body(&request)?;
    let workspace = app.store.workspace(me.workspace_id);
    let settings = workspace.get().await?;
    if !settings.are_client_invites_allowed {
        return Err(Problem::client_invites_off());
    }
    if settings.companies == Companies::Off {
        return Err(companies_off().into());
    }
    let company = wanted
        .company_id
        .or_else(|| me.company_ids.first().copied());
    let company = company
        .filter(|company| me.is_in(*company))
        .ok_or_else(|| {
            Invalid::new("companyId", "company_unknown", "you are in no such company")
        })?;
    let name = PersonName::from_fields(
        Some(wanted.given_name.as_str()),
        Some(wanted.family_name.as_str()),
        None,
    )?;
    let email = Email::parse("email", &wanted.email)?;
    count_mail(app, &workspace, &request, &email).await?;

    let change = caller.change(app, &request);
    refuse_if_full(app, &settings, &change.origin).await?;
    let mut change = change.with_client_limit(settings.plan.client_limit);
    let draft = ClientDraft {
        company_ids: vec![company],
        ..ClientDraft::new(name, email)
    };
    let author = Actor::Client { id: me.id };
    let mut client = Client::create(change.moment, me.workspace_id, draft, author);
    client.creation_method = CreationMethod::Client;
    let lifetime = settings.invitation_lifetime();
    Invitation::open(&mut change, &mut client, None, lifetime, author)?;
    change.save_client(None, client);
    match commit_for_outsider(app, &settings, &change).await {
        Ok(()) => Ok(ok(&PERHAPS)),
        // A client learns nothing about who else the business serves.
        Err(problem) if problem.has_code("email_taken") => Ok(ok(&PERHAPS)),
        Err(problem) => Err(problem),
    }
}

/// What a client is told, who can turn nothing on.
fn companies_off() -> Invalid {
    let message = "clients are not grouped in companies here, so there is none to invite into";
    Invalid::new("companyId", "companies_off", message)
}
