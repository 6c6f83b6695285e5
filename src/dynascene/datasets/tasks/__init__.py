"""The paper's training tasks: a filmed clip and a random generator in, a training sample out."""
