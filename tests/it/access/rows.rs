//! The authorization table.

use portico_domain::Permission;
use portico_web::Access;

/// One row for each route. A route without a row, or a row that says something
/// else than the route, fails.
pub(super) const TABLE: &[(&str, Access)] = &[
    (
        "clients-create",
        Access::Permission(Permission::CreateClients),
    ),
    (
        "clients-batch",
        Access::Permission(Permission::CreateClients),
    ),
    (
        "clients-replace",
        Access::Permission(Permission::EditClients),
    ),
    (
        "companies-batch",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    (
        "companies-join",
        Access::Permission(Permission::EditClients),
    ),
    (
        "companies-leave",
        Access::Permission(Permission::EditClients),
    ),
    ("clients-get", Access::Permission(Permission::ViewClients)),
    ("clients-list", Access::Permission(Permission::ViewClients)),
    (
        "clients-update",
        Access::Permission(Permission::EditClients),
    ),
    (
        "clients-archive",
        Access::Permission(Permission::DeleteClients),
    ),
    (
        "clients-set-avatar",
        Access::Permission(Permission::EditClients),
    ),
    (
        "clients-clear-avatar",
        Access::Permission(Permission::EditClients),
    ),
    (
        "companies-set-icon",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    (
        "companies-clear-icon",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    ("media-get", Access::Public),
    (
        "clients-restore",
        Access::Permission(Permission::DeleteClients),
    ),
    (
        "clients-purge",
        Access::Permission(Permission::DeleteClients),
    ),
    (
        "clients-merge",
        Access::Permission(Permission::DeleteClients),
    ),
    (
        "custom-fields-create",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    (
        "custom-fields-list",
        Access::Permission(Permission::ViewClients),
    ),
    (
        "custom-fields-get",
        Access::Permission(Permission::ViewClients),
    ),
    (
        "custom-fields-options",
        Access::Permission(Permission::ViewClients),
    ),
    (
        "custom-fields-update",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    (
        "custom-fields-delete",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    (
        "services-create",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    (
        "services-update",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    (
        "services-delete",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    ("services-get", Access::Permission(Permission::ViewClients)),
    ("services-list", Access::Permission(Permission::ViewClients)),
    (
        "requests-create",
        Access::Permission(Permission::ManageRequests),
    ),
    (
        "requests-update",
        Access::Permission(Permission::ManageRequests),
    ),
    ("requests-get", Access::Permission(Permission::ViewRequests)),
    (
        "requests-list",
        Access::Permission(Permission::ViewRequests),
    ),
    (
        "requests-history",
        Access::Permission(Permission::ViewRequests),
    ),
    (
        "invoices-create",
        Access::Permission(Permission::ManageBilling),
    ),
    (
        "invoices-update",
        Access::Permission(Permission::ManageBilling),
    ),
    (
        "invoices-void",
        Access::Permission(Permission::ManageBilling),
    ),
    (
        "invoices-pay",
        Access::Permission(Permission::ManageBilling),
    ),
    ("invoices-get", Access::Permission(Permission::ViewBilling)),
    ("invoices-list", Access::Permission(Permission::ViewBilling)),
    ("payments-list", Access::Permission(Permission::ViewBilling)),
    ("portal-services", Access::Client),
    ("portal-ask", Access::Client),
    ("portal-requests", Access::Client),
    ("portal-request", Access::Client),
    ("portal-cancel", Access::Client),
    ("portal-invoices", Access::Client),
    ("portal-invoice", Access::Client),
    (
        "companies-create",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    ("companies-get", Access::Permission(Permission::ViewClients)),
    (
        "companies-list",
        Access::Permission(Permission::ViewClients),
    ),
    (
        "companies-update",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    (
        "companies-delete",
        Access::Permission(Permission::ManageClientOrganizations),
    ),
    (
        "invitations-create",
        Access::Permission(Permission::CreateClients),
    ),
    (
        "invitations-get",
        Access::Permission(Permission::ViewClients),
    ),
    (
        "invitations-list",
        Access::Permission(Permission::ViewClients),
    ),
    (
        "invitations-resend",
        Access::Permission(Permission::CreateClients),
    ),
    (
        "invitations-cancel",
        Access::Permission(Permission::CreateClients),
    ),
    (
        "invitations-bulk",
        Access::Permission(Permission::CreateClients),
    ),
    (
        "invitations-link",
        Access::Permission(Permission::CreateClients),
    ),
    ("invitations-renew", Access::Public),
    ("invitations-show", Access::Public),
    ("invitations-accept", Access::Public),
    (
        "webhook-endpoints-create",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-endpoints-get",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-endpoints-list",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-endpoints-update",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-endpoints-delete",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-endpoints-deliveries",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-endpoints-health",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-endpoints-rotate-secret",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-endpoints-test",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-endpoints-recover",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-deliveries-get",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-deliveries-resend",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-recoveries-get",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-deliveries-attempts",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-recoveries-list",
        Access::Permission(Permission::ManageWebhooks),
    ),
    (
        "webhook-recoveries-cancel",
        Access::Permission(Permission::ManageWebhooks),
    ),
    ("events-get", Access::Permission(Permission::ViewEvents)),
    ("events-list", Access::Permission(Permission::ViewEvents)),
    (
        "events-resend",
        Access::Permission(Permission::ManageWebhooks),
    ),
    ("event-types-list", Access::AnyKey),
    ("workspaces-get", Access::AnyKey),
    ("me-get", Access::AnyKey),
    ("limits-get", Access::AnyKey),
    (
        "internal-users-create",
        Access::Permission(Permission::ManageMembers),
    ),
    ("internal-users-get", Access::AnyKey),
    ("internal-users-list", Access::AnyKey),
    (
        "internal-users-update",
        Access::Permission(Permission::ManageMembers),
    ),
    (
        "internal-users-invite",
        Access::Permission(Permission::ManageMembers),
    ),
    (
        "internal-users-link",
        Access::Permission(Permission::ManageMembers),
    ),
    (
        "internal-users-withdraw",
        Access::Permission(Permission::ManageMembers),
    ),
    (
        "internal-users-remove",
        Access::Permission(Permission::ManageMembers),
    ),
    ("roles-create", Access::Permission(Permission::ManageRoles)),
    ("roles-get", Access::Permission(Permission::ManageRoles)),
    ("roles-list", Access::Permission(Permission::ManageRoles)),
    ("roles-update", Access::Permission(Permission::ManageRoles)),
    ("roles-delete", Access::Permission(Permission::ManageRoles)),
    ("sign-in-show", Access::Public),
    ("sign-in-create", Access::Public),
    ("sign-in-link", Access::Public),
    ("magic-show", Access::Public),
    ("magic-create", Access::Public),
    ("forgotten-show", Access::Public),
    ("forgotten-create", Access::Public),
    ("reset-show", Access::Public),
    ("reset-create", Access::Public),
    ("sign-up-show", Access::Public),
    ("sign-up-create", Access::Public),
    ("verify-show", Access::Public),
    ("verify-create", Access::Public),
    ("google-start", Access::Public),
    ("google-invited", Access::Public),
    ("google-callback", Access::Public),
    ("sessions-refresh", Access::Public),
    ("sessions-keys", Access::Public),
    ("portal-home", Access::Session),
    (
        "workspaces-update",
        Access::Permission(Permission::ManageWorkspace),
    ),
    (
        "api-keys-create",
        Access::Permission(Permission::ManageApiKeys),
    ),
    (
        "api-keys-get",
        Access::Permission(Permission::ManageApiKeys),
    ),
    (
        "api-keys-list",
        Access::Permission(Permission::ManageApiKeys),
    ),
    (
        "api-keys-update",
        Access::Permission(Permission::ManageApiKeys),
    ),
    (
        "api-keys-revoke",
        Access::Permission(Permission::ManageApiKeys),
    ),
    (
        "access-review-clients",
        Access::Permission(Permission::ViewAuditLog),
    ),
    (
        "access-review-keys",
        Access::Permission(Permission::ViewAuditLog),
    ),
    (
        "access-review-invitations",
        Access::Permission(Permission::ViewAuditLog),
    ),
    (
        "access-review-internal-users",
        Access::Permission(Permission::ViewAuditLog),
    ),
    (
        "audit-log-create",
        Access::Permission(Permission::WriteAuditLog),
    ),
    (
        "audit-log-get",
        Access::Permission(Permission::ViewAuditLog),
    ),
    (
        "audit-log-list",
        Access::Permission(Permission::ViewAuditLog),
    ),
    ("events-send", Access::Permission(Permission::SendEvents)),
    ("portal-me", Access::Client),
    ("portal-update", Access::Client),
    ("portal-set-avatar", Access::Client),
    ("portal-clear-avatar", Access::Client),
    ("portal-team", Access::Client),
    ("portal-invite", Access::Client),
    ("portal-password", Access::Session),
    ("portal-email", Access::Session),
    ("portal-sessions", Access::Session),
    ("portal-revoke", Access::Session),
    ("portal-sign-out", Access::Session),
    ("site-healthz", Access::Public),
    ("site-openapi", Access::Public),
    ("site-reference", Access::Public),
    ("site-fallback", Access::Public),
];
