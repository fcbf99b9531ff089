//! Lists of clients for somebody who is limited to several companies.
//!
//! Each company has its members in a partition of its own, for every order, and
//! a client has the same sort key in each of them. So such a list is merged
//! from the partitions of its companies (see [`crate::merged`]).

use super::{ENTITY, list::ClientFilter};
use crate::{Error, Page, PageRequest, WorkspaceStore};
use portico_domain::{Client, CompanyId};
use std::collections::BTreeSet;

impl WorkspaceStore<'_> {
    /// A page of the clients of these companies, each once.
    pub(super) async fn members_of(
        &self,
        inside: &BTreeSet<CompanyId>,
        filter: &ClientFilter,
        page: &PageRequest,
    ) -> Result<Page<Client>, Error> {
        let questions = inside.iter().map(|company| {
            self.question(ClientFilter {
                company_id: Some(*company),
                ..filter.clone()
            })
        });
        let questions = questions.collect();
        self.store.merged(ENTITY, questions, page).await
    }
}
