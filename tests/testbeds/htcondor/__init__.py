"""A real HTCondor pool on this machine: a head and two nodes, each as good as a machine of its own."""
