"""Plain GET requests over HTTP/1.1, for a fifth of what a general client costs.

It reads answers with a stated length or in chunks, uncompressed, over connections that are kept.
What is malformed is an error; what is right but out of the ordinary is `Unusual`, and the general
client asks again: so every request made here must be one that can be repeated.
"""
