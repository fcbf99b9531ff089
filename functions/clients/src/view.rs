//! Clients as callers see them.

use portico_app::App;
use portico_domain::{Client, ClientStatus, ClientView, Permission};
use portico_web::Caller;

/// The client as this caller sees it at this moment: companies outside of what
/// it is limited to are not named. The link of the invitation is for callers
/// who may invite; whoever has it can become the client.
pub(crate) fn view(app: &App, caller: &Caller, client: &Client) -> ClientView {
    let mut view = client.view_at(app.now());
    if caller.companies.is_limited() {
        view.company_ids.retain(|id| caller.companies.covers(*id));
        // Whoever sees the client sees one of its companies.
        view.company_id = view.company_ids.first().copied().unwrap_or(view.company_id);
    }
    if caller.may(Permission::CreateClients) {
        let open = client
            .open_invitation
            .filter(|_| view.status == ClientStatus::Invited);
        let url = open.map(|open| app.invite_url(client.workspace_id, open));
        view.invite_url = Some(url.unwrap_or_default());
    }
    view
}
