"""The demonstration of `make demo`: real flights, loaded and asked eight questions."""
