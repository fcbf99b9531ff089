//! Who is billed: a company, or a client who has none.

use crate::{Client, ClientId, CompanyAccess, CompanyId, Id, Invalid};
use serde::{Deserialize, Serialize};

/// Who is billed: the company if there is one, else the client. A client beside
/// a company is the person to whom its invoice is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BilledTo {
    /// The client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
}

impl BilledTo {
    /// A company, addressed to nobody in it.
    pub const fn company(id: CompanyId) -> Self {
        Self {
            client_id: None,
            company_id: Some(id),
        }
    }

    /// A client, for the company that is named, or for its only one. Who is in
    /// several has one named: nobody but the caller knows which. `access` are
    /// the companies that the caller sees; the others are as if the client were
    /// not in them. While companies are off, a client is billed itself, unless
    /// the caller is limited to companies and would not see that.
    pub fn client(
        client: &Client,
        named: Option<CompanyId>,
        access: &CompanyAccess,
        are_companies_off: bool,
    ) -> Result<Self, Invalid> {
        let own = client.company_ids.iter().copied();
        let seen: Vec<CompanyId> = own.filter(|id| access.covers(*id)).collect();
        let refused = |code, message| Err(Invalid::new("companyId", code, message));
        let company_id = match (named, &seen[..]) {
            (Some(id), seen) if seen.contains(&id) => Some(id),
            // The placeholder of a client without a company stands for none.
            (Some(id), _) if client.placeholder_id == Some(id) => None,
            (Some(id), _) => {
                let message = format!("the client is in no company {id}");
                return refused("company_unknown", message);
            }
            (None, _) if are_companies_off && !access.is_limited() => None,
            (None, []) => None,
            (None, [only]) => Some(*only),
            (None, several) => {
                let message = format!(
                    "the client is in {} companies; say which one is billed",
                    several.len()
                );
                return refused("company_ambiguous", message);
            }
        };
        Ok(Self {
            client_id: Some(client.id),
            company_id,
        })
    }

    /// The one id of the compatible API's older form: the client's, else the
    /// company's.
    pub fn recipient(&self) -> String {
        let client = self.client_id.map(|id| id.to_string());
        client
            .or_else(|| self.company_id.map(|id| id.to_string()))
            .unwrap_or_default()
    }
}

/// An id as the compatible API shows it: an empty text for none.
pub(crate) fn shown<K>(id: Option<Id<K>>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
