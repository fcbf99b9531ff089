//! What every function is handed: the store, the queues, mail, keys and the clock.
