//! From an event to its deliveries.

use crate::{App, TriggerError};
use portico_domain::{Event, Task, WebhookDelivery};
use portico_queue::Queue;
use std::time::Duration;

/// Makes the delivery of an event to every endpoint that wants it, and wakes
/// the deliverer.
///
/// Doing it again changes nothing: a delivery's id is decided by event and
/// endpoint. Dying half-way loses nothing: the event stays due until the last
/// step, and a sweep finds it.
pub async fn dispatch(app: &App, event: &Event) -> Result<(), TriggerError> {
    let workspace = app.store.workspace(event.workspace_id);
    let mut tasks = Vec::new();
    for endpoint in workspace.all_endpoints().await? {
        // An endpoint is told what happens from its registration on, but not
        // that it was disabled itself.
        let is_about_itself = endpoint.id.uuid() == event.object_id;
        if endpoint.wants(event.event_type)
            && endpoint.created_at <= event.created
            && !is_about_itself
        {
            let delivery = WebhookDelivery::new(event, &endpoint, app.now());
            workspace.create_delivery(&delivery).await?;
            tasks.push(Task {
                workspace_id: event.workspace_id,
                id: delivery.id,
            });
        }
    }
    app.queues
        .send(Queue::Deliveries, &tasks, Duration::ZERO)
        .await?;
    workspace.event_is_dispatched(event.id).await?;
    Ok(())
}
