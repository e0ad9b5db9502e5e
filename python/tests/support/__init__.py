"""What tests share: models with rows, servers, reference answers and the `oxyde` command."""
