# Leaves in this folder what a day of work leaves. Run it here: sh develop.sh
set -e
mkdir -p .git/objects node_modules/tiny-parcel services/mail/node_modules/tiny-post
echo 'url = https://me:hunter2@git.invalid/parcels.git' > .git/config
head -c 3000000 /dev/urandom > .git/objects/pack
echo 'DATABASE_PASSWORD=correct-horse' > .env
echo 'MAIL_PASSWORD=battery-staple' > services/mail/.env
head -c 5000000 /dev/urandom > node_modules/tiny-parcel/index.js
head -c 5000000 /dev/urandom > services/mail/node_modules/tiny-post/index.js
echo "develop.sh: done. Look with ls -A, and with du -sh ."
