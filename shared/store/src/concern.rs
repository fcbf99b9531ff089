//! Lists of what concerns a client and a company: requests, invoices, payments.
//! Each is kept in a partition for all, one for each client and one for each
//! company.

use crate::{
    Pattern,
    list::{Filter, Order, Question},
    pattern::Value,
};
use portico_domain::{ClientId, CompanyAccess, CompanyId, WorkspaceId};
use std::collections::BTreeSet;

/// The patterns of one such kind.
pub(crate) struct Lists {
    pub(crate) all: Pattern,
    pub(crate) of_client: Pattern,
    pub(crate) of_company: Pattern,
}

/// Whose to list: what has all of these.
pub(crate) struct Whose<'a> {
    pub(crate) workspace: WorkspaceId,
    /// Of this client, under any of the ids that lead to it; of any if empty.
    pub(crate) client_ids: &'a [ClientId],
    /// Of this company.
    pub(crate) company_id: Option<CompanyId>,
    /// Of these companies.
    pub(crate) within: &'a CompanyAccess,
}

impl Whose<'_> {
    /// The partitions in which that is; none if there can be no such thing. A
    /// status has a partition of its own where neither client nor company has
    /// one.
    pub(crate) fn questions(
        &self,
        lists: &Lists,
        status: Option<(Pattern, &'static str)>,
    ) -> Vec<Question> {
        if !self.is_possible() {
            return Vec::new();
        }
        let w = &self.workspace;
        let of_company = |id: &CompanyId| newest(lists.of_company, &[w, id]);
        let questions: Vec<Question> = if !self.client_ids.is_empty() {
            let ids = self.client_ids.iter();
            let each = ids.map(|id| self.narrowed(newest(lists.of_client, &[w, id])));
            each.collect()
        } else if let Some(id) = &self.company_id {
            vec![of_company(id)]
        } else if let Some(inside) = self.within.limit() {
            inside.iter().map(of_company).collect()
        } else {
            return vec![match status {
                Some((by_status, name)) => newest(by_status, &[w, &name]),
                None => newest(lists.all, &[w]),
            }];
        };
        let name = status.map(|(_, name)| name.to_owned());
        let narrowed = questions.into_iter();
        narrowed
            .map(|question| question.filter(Filter::Is, "status", name.clone()))
            .collect()
    }

    /// Whether there can be anything of this company for who is limited so.
    pub(crate) fn is_possible(&self) -> bool {
        let sees_something = !self.within.limit().is_some_and(BTreeSet::is_empty);
        sees_something && self.company_id.is_none_or(|id| self.within.covers(id))
    }

    /// The question, for these companies: the one that is named, else those that
    /// the caller is limited to.
    pub(crate) fn narrowed(&self, question: Question) -> Question {
        let companies = match (self.company_id, self.within.limit()) {
            (Some(id), _) => vec![id.to_string()],
            (None, Some(inside)) => inside.iter().map(ToString::to_string).collect(),
            (None, None) => Vec::new(),
        };
        question.filter_any(Filter::Is, "companyId", companies)
    }
}

/// What is in this partition, newest first.
pub(crate) fn newest(pattern: Pattern, parts: &[Value<'_>]) -> Question {
    Question::new(pattern.index, pattern.partition(parts), Order::NewestFirst)
}
