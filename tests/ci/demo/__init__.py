"""`make ci-demo`: nine pushes to a real git server, each judged by `recast ci serve`, with a real search."""
