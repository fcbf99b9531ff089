//! `PATCH /v1/clients/{id}`: changes the fields that are given, and sends the
//! invitation, or sends it again, if asked.

use crate::{
    companies::{self, Places},
    fields::ClientFields,
    get::find,
    view::view,
};
use portico_app::{App, Grant};
use portico_domain::{ClientView, FieldEntity, Invitation, Permission};
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body,
    changed_values, check_account_managers, ok, refuse_if_complained, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::patch("clients-update", "/v1/clients/{id}")
    .needs(Permission::EditClients)
    .also_at(&["/v1/client/{id}"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Change a client",
    description: "What is not given stays as it is; an empty text, an empty list or `null` clears a field. `companyId` and `companyIds` replace all companies; `companyName` does so with the one of that name, which is added if there is none. Values of custom fields that are not given stay. Another e-mail address of a client who can sign in has to be proved first, by a link that is mailed to it; until then it is shown as `pendingEmail`, and `pendingEmail: null` cancels it. With `sendInvite=true` the permission `create_clients` is needed too.",
    query: &[Parameter::flag(
        "sendInvite",
        "Send the client an invitation, or the open one again.",
    )],
    body: Some(schema::<ClientFields>),
    answer: Body::Json(schema::<ClientView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Changes a client.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("client")?;
    let invite = request.flag("sendInvite")?.unwrap_or(false);
    if invite {
        caller.require(Permission::CreateClients)?;
    }
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(app, &caller, id).await?;
        request.if_match(&view(app, &caller, &before))?;
        let mut fields = body::<ClientFields>(&request)?;
        let (wanted, values) = (fields.take_companies()?, fields.custom_fields.take());
        let (email, keeps_email) = (fields.new_email(&before.email)?, fields.keeps_email()?);
        let mut patch = fields.into_patch(before.avatar.as_ref())?;
        let values = values.as_ref().map(Option::as_ref);
        let known = &before.custom_fields;
        patch.custom_fields =
            changed_values(&workspace, FieldEntity::Client, known, values).await?;
        let managers = patch.account_manager_ids.as_deref().unwrap_or_default();
        check_account_managers(&workspace, &before.account_manager_ids, managers).await?;
        let mut change = caller.change(app);
        if let Some(wanted) = wanted {
            let places = Places {
                workspace: &workspace,
                settings: &caller.workspace,
                caller: &caller,
            };
            patch.company_ids = places.at_change(&mut change, &before, wanted).await?;
        }
        let mut after = before.clone();
        after.update(&mut change, patch);
        after.custom_fields.refuse_too_many()?;
        let mut open = if email.is_some() || invite {
            workspace.open_invitation(&before).await?
        } else {
            None
        };
        if keeps_email {
            after.keep_email(&mut change);
        }
        if let Some(email) = email {
            let mark = workspace.address_mark(&email).await?;
            open = after.readdress(&mut change, (email, mark.as_ref()), open);
        }
        if invite {
            refuse_if_complained(&workspace, &after.email).await?;
            let lifetime = caller.workspace.invitation_lifetime();
            Invitation::send(&mut change, &mut after, open, lifetime, caller.actor)?;
        }
        if after != before {
            after = change.save_client(Some(&before), after);
        }
        let answer = ok(&view(app, &caller, &after));
        companies::commit(app, &caller, &change, answer).await
    })
    .await
}
