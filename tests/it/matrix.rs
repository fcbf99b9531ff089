//! The permission matrix: every route against every kind of caller.
//!
//! Rows and columns come from the routes and the permissions themselves, so a
//! new route is in it, and what is expected follows from what the route asks
//! for and what the caller may do. The snapshot is the table for people.

use crate::access::{Things, call, comes_last, things};
use e2e::{Actor, Receiver, TestApp, TestKey};
use portico_bootstrap::functions;
use portico_domain::{CompanyAccess, Permission, Role};
use portico_web::{Access, Function};
use serde_json::json;
use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

/// A kind of caller: what it may do, and whether it comes in at all.
struct Caller {
    name: &'static str,
    actor: Actor,
    /// `None` if its key lets in nobody.
    may: Option<BTreeSet<Permission>>,
    /// Whether it sees the things that the routes are called about.
    sees: Sees,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sees {
    All,
    /// All but what is of other companies.
    OtherCompanies,
    /// Nothing: the things are another tenant's.
    Nothing,
}

const KINDS: &[&str] = &[
    "admin", "staff", "limited", "outside", "custom", "expired", "revoked", "removed", "other",
    "nobody",
];

fn all() -> BTreeSet<Permission> {
    Permission::ALL.iter().copied().collect()
}

/// What is left to somebody who is limited to some companies.
fn within(may: BTreeSet<Permission>) -> BTreeSet<Permission> {
    let inside = may.into_iter().filter(|one| !one.is_workspace_wide());
    inside.collect()
}

/// A role of the workspace's own, of this name, that allows this.
pub(crate) async fn custom_role(
    app: &TestApp,
    name: &str,
    permissions: &BTreeSet<Permission>,
) -> Role {
    let names: Vec<&str> = permissions.iter().map(|one| one.name()).collect();
    let role = json!({ "name": name, "permissions": names });
    let role = app.admin().post("/v1/roles", &role).await.expect(201);
    Role::Custom(e2e::id(&role).parse().expect("an id"))
}

async fn caller(app: &TestApp, things: &Things, name: &'static str) -> Caller {
    let inside = things.company().parse().expect("an id");
    let inside = CompanyAccess::only([inside]).expect("one is not too many");
    let outside = json!({ "name": "Elsewhere" });
    let outside = app
        .admin()
        .post("/v1/companies", &outside)
        .await
        .expect(200);
    let outside = e2e::id(&outside).parse().expect("an id");
    let outside = CompanyAccess::only([outside]).expect("one is not too many");
    let staff = Role::Staff.permissions();
    let one = BTreeSet::from([Permission::ViewClients]);
    let ended = async |end: fn(&mut TestKey, &TestApp)| {
        let mut key = app.key(Permission::ALL).await;
        end(&mut key, app);
        app.put_key(&key.stored).await;
        key.actor
    };
    let (actor, may, sees) = match name {
        "admin" => (app.admin(), Some(all()), Sees::All),
        "staff" => {
            let member = app.member(Role::Staff, CompanyAccess::ALL).await;
            (member.actor, staff, Sees::All)
        }
        // Whatever its role says, a limit takes away what is of the workspace.
        "limited" => {
            let role = custom_role(app, "Custom", &all()).await;
            (
                app.member(role, inside).await.actor,
                Some(within(all())),
                Sees::All,
            )
        }
        "outside" => {
            let role = custom_role(app, "Custom", &all()).await;
            let member = app.member(role, outside).await;
            (member.actor, Some(within(all())), Sees::OtherCompanies)
        }
        "custom" => {
            let role = custom_role(app, "Custom", &one).await;
            let member = app.member(role, CompanyAccess::ALL).await;
            (member.actor, Some(one), Sees::All)
        }
        "expired" => {
            let end = |key: &mut TestKey, app: &TestApp| key.stored.expires_at = Some(app.now());
            (ended(end).await, None, Sees::All)
        }
        "revoked" => {
            let end = |key: &mut TestKey, app: &TestApp| key.stored.revoked_at = Some(app.now());
            (ended(end).await, None, Sees::All)
        }
        "removed" => {
            let member = app.member(Role::Admin, CompanyAccess::ALL).await;
            let path = format!("/v1/internal-users/{}", member.stored.owner);
            app.admin().delete(&path).await.expect(200);
            (member.actor, None, Sees::All)
        }
        "other" => (app.other_tenant().await.actor, Some(all()), Sees::Nothing),
        _ => (app.nobody(), None, Sees::All),
    };
    Caller {
        name,
        actor,
        may,
        sees,
    }
}

/// Whether a route is about one thing of a company.
fn is_of_a_company(function: &Function) -> bool {
    let path = function.route.path;
    let kinds = [
        "/v1/clients/",
        "/v1/companies/",
        "/v1/invitations/",
        "/v1/requests/",
        "/v1/invoices/",
    ];
    path.contains("{id}") && kinds.iter().any(|kind| path.starts_with(kind))
}

/// What concerns all companies although its permission does not.
fn is_of_all_companies(name: &str) -> bool {
    matches!(
        name,
        "custom-fields-create"
            | "custom-fields-update"
            | "custom-fields-delete"
            | "services-create"
            | "services-update"
            | "services-delete"
            | "companies-create"
    )
}

/// The statuses that the route may answer this caller with; `None` if the
/// caller comes in, whatever it then finds.
fn refusal(function: &Function, caller: &Caller) -> Option<u16> {
    let needed = match function.route.access {
        Access::Public => return None,
        Access::Client | Access::Session => return Some(401),
        Access::AnyKey => None,
        Access::Permission(needed) => Some(needed),
    };
    let Some(may) = &caller.may else {
        return Some(401);
    };
    if needed.is_some_and(|needed| !may.contains(&needed)) {
        return Some(403);
    }
    let is_limited = matches!(caller.name, "limited" | "outside");
    if is_limited && is_of_all_companies(function.route.name) {
        return Some(403);
    }
    let is_hidden = match caller.sees {
        Sees::All => false,
        Sees::OtherCompanies => is_of_a_company(function),
        Sees::Nothing => function.route.path.contains("{id}"),
    };
    is_hidden.then_some(404)
}

/// Deletions come last, so that every other route finds what it asks for.
fn in_order() -> Vec<Function> {
    let mut functions = functions();
    functions.sort_by_key(comes_last);
    functions
}

#[tokio::test]
async fn every_route_lets_in_whom_it_should_and_nobody_else() {
    let mut table = Vec::new();
    for name in KINDS {
        let app = TestApp::start().await;
        let receiver = Receiver::start().await;
        let things = things(&app, &app.admin(), &receiver.url).await;
        let caller = caller(&app, &things, name).await;
        // Some routes allow something again only after a while.
        app.advance(Duration::from_mins(2)).await;
        for (row, function) in in_order().iter().enumerate() {
            let answer = call(&caller.actor, function, &things).await;
            let expected = refusal(function, &caller);
            let is_public = function.route.access == Access::Public;
            let told = if let Some(status) = expected {
                assert_eq!(
                    answer.status, status,
                    "{name}: {}: {}",
                    function.route, answer.text
                );
                status.to_string()
            } else {
                let is_refused = matches!(answer.status, 401 | 403 | 404 | 500..);
                assert!(
                    is_public || !is_refused,
                    "{name}: {}: {}",
                    function.route,
                    answer.text
                );
                if is_public { "public" } else { "in" }.to_owned()
            };
            if table.len() <= row {
                table.push(format!("{:<32}", function.route.name));
            }
            write!(table[row], " {told:>8}").expect("a text takes it");
        }
    }
    let names: Vec<String> = KINDS.iter().map(|name| format!("{name:>8}")).collect();
    let head = format!("{:<32} {}", "", names.join(" "));
    table.sort();
    insta::assert_snapshot!(format!("{head}\n{}", table.join("\n")));
}
