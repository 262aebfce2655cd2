docker cp - dd-notices:/srv/www/ < <(docker run --rm dd-notices:2 tar -cf - -C /srv/www index.html)
