"""How auto scaling decides: pure functions, no I/O, no clock, no AWS client."""
