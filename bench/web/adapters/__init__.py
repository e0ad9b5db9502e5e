"""The contenders behind the web server: a module for each, with a class `Contender`."""
