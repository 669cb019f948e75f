//! The room that spawns: it starts the processes that hold plugins, takes their powers away, and talks to them.
