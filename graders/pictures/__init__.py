"""Pictures of what is on the Engine, each with a text twin: a look at the Engine, frozen data, then SVG and text.

A picture is a package of three modules. `look` alone asks the Engine; what it finds is data that nothing changes any
more, so that the drawing can be tried without an Engine.
"""
