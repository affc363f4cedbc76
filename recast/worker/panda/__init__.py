"""A job that PanDA's pilot runs: in three phases around its container, or whole with a container of ours."""
