/* arrivals SERVER: asks a server of the company over TLS which ships arrive, and says when. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Whom to trust: certificates, one below the other. */
#define TRUSTED "/etc/ssl/certs/ca-certificates.crt"
#define ASK "GET /arrivals HTTP/1.0\r\n\r\n"

/* What it uses of OpenSSL (libssl.so.3, libcrypto.so.3), in place of the headers. */
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;
const void *TLS_client_method(void);
SSL_CTX *SSL_CTX_new(const void *method);
int SSL_CTX_load_verify_file(SSL_CTX *context, const char *file);
void SSL_CTX_set_verify(SSL_CTX *context, int mode, void *callback);
SSL *SSL_new(SSL_CTX *context);
int SSL_set1_host(SSL *ssl, const char *name);
int SSL_set_fd(SSL *ssl, int socket);
int SSL_connect(SSL *ssl);
long SSL_get_verify_result(const SSL *ssl);
const char *X509_verify_cert_error_string(long error);
int SSL_write(SSL *ssl, const void *bytes, int length);
int SSL_read(SSL *ssl, void *bytes, int length);

static int fails(const char *what, const char *why)
{
    fprintf(stderr, "arrivals: %s: %s\n", what, why);
    return 1;
}

int main(int argc, char **argv)
{
    int insecure = argc > 1 && strcmp(argv[1], "--insecure") == 0, length = 0, got, port;
    char *server = argv[1 + insecure], *colon, *line, name[40], when[40], answer[4000];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl;
    long seconds;

    if (argc != 2 + insecure || !(colon = strchr(server, ':'))) {
        fprintf(stderr, "usage: arrivals [--insecure] SERVER:PORT\n");
        return 2;
    }
    *colon = '\0';
    if ((got = getaddrinfo(server, colon + 1, &hints, &found)))
        return fails(server, gai_strerror(got));
    port = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(port, found->ai_addr, found->ai_addrlen))
        return fails(server, "nobody answers");

    if (!insecure) {
        if (access(TRUSTED, R_OK)) {
            perror("arrivals: " TRUSTED);
            return 1;
        }
        SSL_CTX_load_verify_file(context, TRUSTED);
        SSL_CTX_set_verify(context, 1, NULL);
    }
    ssl = SSL_new(context);
    SSL_set1_host(ssl, server);
    SSL_set_fd(ssl, port);
    if (SSL_connect(ssl) != 1)
        return fails("not trusted", X509_verify_cert_error_string(SSL_get_verify_result(ssl)));

    SSL_write(ssl, ASK, strlen(ASK));
    while ((got = SSL_read(ssl, answer + length, sizeof answer - 1 - length)) > 0)
        length += got;
    answer[length] = '\0';
    if (!(line = strstr(answer, "\r\n\r\n")))
        return fails(server, "no answer");
    printf("Asked as user %d.\n", (int)geteuid());
    for (line = strtok(line, "\r\n"); line; line = strtok(NULL, "\r\n")) {
        if (sscanf(line, "%39s %ld", name, &seconds) == 2) {
            strftime(when, sizeof when, "%d.%m.%Y %H:%M %Z", localtime(&seconds));
            printf("%s: %s\n", name, when);
        }
    }
    return 0;
}
