//! Portico, end to end.

mod access;
mod clients;
mod companies;
mod concurrency;
mod costs;
mod crm;
mod delivery;
mod documents;
mod durability;
mod errors;
mod events;
mod everything;
mod fields;
mod golden;
mod grants;
mod invariants;
mod invitations;
mod journey;
mod lists;
mod mails;
mod receivers;
mod sdk;
mod settings;
mod table;
mod webhooks;
