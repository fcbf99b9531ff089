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
mod golden;
mod grants;
mod invariants;
mod invitations;
mod journey;
mod mails;
mod portal;
mod receivers;
mod sdk;
mod sessions;
mod sign_in;
mod table;
mod webhooks;
