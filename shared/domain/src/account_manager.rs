//! Account managers: the team members who look after a client or a company.

use crate::{InternalUserId, Invalid};

/// How many account managers a client or a company can have.
pub const MAX_ACCOUNT_MANAGERS: usize = 20;

/// Checks the ids in `accountManagerIds`, in the order in which they were
/// given. Whether there are such team members only the table knows.
pub fn parse_account_managers(texts: &[String]) -> Result<Vec<InternalUserId>, Invalid> {
    let mut ids = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        let id = text.parse().map_err(|_| {
            let message = format!("there is no team member {text:?} in this workspace");
            let field = format!("accountManagerIds[{place}]");
            Invalid::new(&field, "internal_user_unknown", message)
        })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.len() > MAX_ACCOUNT_MANAGERS {
        let message = format!("there are at most {MAX_ACCOUNT_MANAGERS} account managers");
        return Err(Invalid::new(
            "accountManagerIds",
            "too_many_account_managers",
            message,
        ));
    }
    Ok(ids)
}
