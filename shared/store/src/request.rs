//! Requests in the table.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    concern::{Lists, Whose, newest},
    item::{Attributes, item},
    list::{Filter, Question},
    pattern::Key,
};
use portico_domain::{
    ClientId, CompanyAccess, CompanyId, RequestId, RequestStatus, ServiceId, ServiceRequest,
    WorkspaceId,
};

pub(crate) const PATTERNS: &[Pattern] = &[THIS, ALL, OF_CLIENT, OF_COMPANY, BY_STATUS];

const THIS: Pattern = Pattern::new(
    "this request",
    Index::Table,
    "WS#<workspace>#RQ#<request>",
    "REQUEST",
);
const ALL: Pattern = Pattern::new(
    "requests by creation",
    Index::Gsi1,
    "WS#<workspace>#RQ",
    "<request>",
);
const OF_CLIENT: Pattern = Pattern::new(
    "requests of a client",
    Index::Gsi2,
    "WS#<workspace>#CL#<client>#RQ",
    "<request>",
);
const OF_COMPANY: Pattern = Pattern::new(
    "requests of a company",
    Index::Gsi3,
    "WS#<workspace>#CO#<company>#RQ",
    "<request>",
);
const BY_STATUS: Pattern = Pattern::new(
    "requests with this status",
    Index::Gsi4,
    "WS#<workspace>#RQ#STATUS#<status>",
    "<request>",
);

const LISTS: Lists = Lists {
    all: ALL,
    of_client: OF_CLIENT,
    of_company: OF_COMPANY,
};
const ENTITY: &str = "request";

/// Which requests to list: those that have all of these.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    /// Of this client, under any of the ids that lead to it.
    pub client_ids: Vec<ClientId>,
    /// Of this company.
    pub company_id: Option<CompanyId>,
    /// This status.
    pub status: Option<RequestStatus>,
    /// For this service.
    pub service_id: Option<ServiceId>,
    /// Of these companies.
    pub within: CompanyAccess,
}

impl WorkspaceStore<'_> {
    /// The request with this id.
    pub async fn request(&self, id: RequestId) -> Result<Option<ServiceRequest>, Error> {
        self.fetch(ENTITY, &this_key(self.id, id)).await
    }

    /// Requests that pass the filter, newest first. A page is one Query; where
    /// several ids lead to the client, or the caller is limited to several
    /// companies, it is one for each, merged.
    pub async fn requests(
        &self,
        filter: RequestFilter,
        page: &PageRequest,
    ) -> Result<Page<ServiceRequest>, Error> {
        self.any_of(ENTITY, self.questions_for_requests(&filter), page)
            .await
    }

    /// Requests of this client, under this very id, that are not erased yet.
    pub async fn unerased_requests(
        &self,
        client: ClientId,
        page: &PageRequest,
    ) -> Result<Page<ServiceRequest>, Error> {
        let question = newest(OF_CLIENT, &[&self.id, &client]).present("erasedAt", false);
        self.store.list(ENTITY, question, page).await
    }

    /// The partitions in which they are; none if there can be no such request.
    fn questions_for_requests(&self, filter: &RequestFilter) -> Vec<Question> {
        let whose = Whose {
            workspace: self.id,
            client_ids: &filter.client_ids,
            company_id: filter.company_id,
            within: &filter.within,
        };
        let status = filter.status.map(|status| (BY_STATUS, status.name()));
        let service = filter.service_id.map(|id| id.to_string());
        let questions = whose.questions(&LISTS, status).into_iter();
        questions
            .map(|question| question.filter(Filter::Is, "serviceId", service.clone()))
            .collect()
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, id: RequestId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn request_item(request: &ServiceRequest) -> Result<Attributes, Error> {
    let (w, id) = (&request.workspace_id, &request.id);
    let mut keys = vec![
        THIS.key(&[w, id]),
        ALL.key(&[w, id]),
        OF_CLIENT.key(&[w, &request.client_id, id]),
        BY_STATUS.key(&[w, &request.status.name(), id]),
    ];
    keys.extend(
        request
            .company_id
            .map(|company| OF_COMPANY.key(&[w, &company, id])),
    );
    item(ENTITY, request, &keys)
}
