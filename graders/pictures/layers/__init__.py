"""The layers of images: what made each, how big and how old it is, who shares it, and what it hides of those below."""
