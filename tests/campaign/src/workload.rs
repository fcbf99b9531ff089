//! The workload: what people do through the API.

use crate::world::World;
use e2e::id;
use serde_json::{Value, json};

/// One request to the API, and what it means if it is granted.
pub(crate) struct Operation {
    pub(crate) tenant: usize,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Value,
    meaning: Meaning,
}

enum Meaning {
    /// There is a new client.
    Client,
    /// There is a new company.
    Company,
    /// An event of this type tells of this object.
    Told(String, &'static str),
    /// Nothing that is checked.
    Nothing,
}

impl World {
    /// One of the things that people do.
    pub(crate) async fn something(&mut self, random: &mut fastrand::Rng) -> Option<Operation> {
        let tenant = random.usize(..self.tenants.len());
        match random.u8(..20) {
            0..4 => Some(self.create_client(tenant, random)),
            4..10 => self.update_client(tenant, random),
            10 => self.archive_client(tenant, random),
            11..14 => self.invite(tenant, random),
            14 => self.cancel(tenant, random).await,
            15 => self.accept(random),
            16 => Some(self.create_company(tenant)),
            17 | 18 => self.rename_company(tenant, random),
            _ => self.delete_company(tenant, random),
        }
    }

    /// Does it at once.
    pub(crate) async fn perform(&mut self, operation: Operation) {
        let actor = &self.tenants[operation.tenant].actor;
        let body = operation.body.to_string();
        let answer = actor
            .send(operation.method, &operation.path, Some(body))
            .await;
        self.note(operation, answer.status, &answer.body);
    }

    /// Notes what was confirmed; an error of the server leaves open what was
    /// done.
    pub(crate) fn note(&mut self, operation: Operation, status: u16, answer: &Value) {
        let tenant = operation.tenant;
        self.unknown += u64::from(status >= 500);
        if !(200..300).contains(&status) {
            return;
        }
        match operation.meaning {
            Meaning::Client => {
                self.confirm(tenant, id(answer), "client.created");
                self.tenants[tenant].clients.push(id(answer).to_owned());
            }
            Meaning::Company => {
                self.confirm(tenant, id(answer), "company.created");
                self.tenants[tenant].companies.push(id(answer).to_owned());
            }
            Meaning::Told(object, event_type) => self.confirm(tenant, &object, event_type),
            Meaning::Nothing => {}
        }
    }

    pub(crate) fn create_client(&mut self, tenant: usize, random: &mut fastrand::Rng) -> Operation {
        let number = self.next_number();
        let mut body = json!({
            "givenName": format!("Given {number}"),
            "familyName": "Family",
            "email": format!("client-{number}@example.com"),
        });
        if let Some(company) = random.choice(&self.tenants[tenant].companies) {
            body["companyId"] = json!(company);
        }
        let path = format!("/v1/clients?sendInvite={}", random.bool());
        Operation {
            tenant,
            method: "POST",
            path,
            body,
            meaning: Meaning::Client,
        }
    }

    pub(crate) fn update_client(
        &mut self,
        tenant: usize,
        random: &mut fastrand::Rng,
    ) -> Option<Operation> {
        let client = random.choice(&self.tenants[tenant].clients)?.clone();
        let mut body = json!({ "givenName": format!("Given {}", self.next_number()) });
        if random.u8(..4) == 0 {
            let company = random.choice(&self.tenants[tenant].companies);
            body["companyIds"] = json!(company.into_iter().collect::<Vec<_>>());
        }
        Some(Operation {
            tenant,
            method: "PATCH",
            path: format!("/v1/clients/{client}"),
            body,
            meaning: Meaning::Told(client, "client.updated"),
        })
    }

    /// Enables an endpoint again.
    pub(crate) fn enable(&self, endpoint: usize) -> Operation {
        self.change(endpoint, json!({ "enabled": true }))
    }

    /// Lets an endpoint have no more than so many requests in a second.
    pub(crate) fn limit(&self, endpoint: usize, rate: u32) -> Operation {
        self.change(endpoint, json!({ "rateLimit": rate }))
    }

    fn change(&self, endpoint: usize, body: Value) -> Operation {
        let endpoint = &self.endpoints[endpoint];
        Operation {
            tenant: endpoint.tenant,
            method: "PATCH",
            path: format!("/v1/webhook-endpoints/{}", endpoint.id),
            body,
            meaning: Meaning::Nothing,
        }
    }

    fn archive_client(&mut self, tenant: usize, random: &mut fastrand::Rng) -> Option<Operation> {
        let client = taken(&mut self.tenants[tenant].clients, random)?;
        Some(Operation {
            tenant,
            method: "DELETE",
            path: format!("/v1/clients/{client}"),
            body: Value::Null,
            meaning: Meaning::Told(client, "client.archived"),
        })
    }

    fn invite(&self, tenant: usize, random: &mut fastrand::Rng) -> Option<Operation> {
        let client = random.choice(&self.tenants[tenant].clients)?;
        Some(Operation {
            tenant,
            method: "POST",
            path: "/v1/invitations".to_owned(),
            body: json!({ "clientId": client }),
            meaning: Meaning::Nothing,
        })
    }

    async fn cancel(&self, tenant: usize, random: &mut fastrand::Rng) -> Option<Operation> {
        let open = self.get(tenant, "/v1/invitations?status=pending").await;
        let invitation = id(random.choice(open["data"].as_array()?)?).to_owned();
        Some(Operation {
            tenant,
            method: "POST",
            path: format!("/v1/invitations/{invitation}/cancel"),
            body: json!({}),
            meaning: Meaning::Told(invitation, "invitation.cancelled"),
        })
    }

    /// Follows the link of some mail; many are out of date.
    fn accept(&self, random: &mut fastrand::Rng) -> Option<Operation> {
        let mails = self.app.server.aws().mailbox().newest_first();
        let mail = random.choice(&mails)?;
        let link = mail
            .text
            .split_whitespace()
            .find(|word| word.contains("/i/"))?;
        let path = link.strip_prefix(&self.app.server.url)?;
        Some(Operation {
            tenant: 0,
            method: "POST",
            path: format!("{path}/accept"),
            body: json!({ "password": "correct horse battery" }),
            meaning: Meaning::Nothing,
        })
    }

    pub(crate) fn create_company(&mut self, tenant: usize) -> Operation {
        Operation {
            tenant,
            method: "POST",
            path: "/v1/companies".to_owned(),
            body: json!({ "name": format!("Company {}", self.next_number()) }),
            meaning: Meaning::Company,
        }
    }

    fn rename_company(&mut self, tenant: usize, random: &mut fastrand::Rng) -> Option<Operation> {
        let company = random.choice(&self.tenants[tenant].companies)?.clone();
        Some(Operation {
            tenant,
            method: "PATCH",
            path: format!("/v1/companies/{company}"),
            body: json!({ "name": format!("Company {}", self.next_number()) }),
            meaning: Meaning::Told(company, "company.updated"),
        })
    }

    fn delete_company(&mut self, tenant: usize, random: &mut fastrand::Rng) -> Option<Operation> {
        let company = taken(&mut self.tenants[tenant].companies, random)?;
        Some(Operation {
            tenant,
            method: "DELETE",
            path: format!("/v1/companies/{company}"),
            body: Value::Null,
            meaning: Meaning::Told(company, "company.deleted"),
        })
    }
}

/// One of these, which nobody else gets any more.
fn taken(ids: &mut Vec<String>, random: &mut fastrand::Rng) -> Option<String> {
    if ids.is_empty() {
        return None;
    }
    Some(ids.swap_remove(random.usize(..ids.len())))
}
