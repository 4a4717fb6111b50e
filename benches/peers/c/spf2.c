/* One evaluation with libspf2, whose zone resolver has every answer in memory. */

#include <stdbool.h>
#include <stddef.h>
#include <netdb.h>
#include <netinet/in.h>
#include <arpa/nameser.h>

#include <spf2/spf.h>
#include <spf2/spf_dns_zone.h>

void *bench_spf2_new(void)
{
	return SPF_server_new(SPF_DNS_ZONE, 0);
}

bool bench_spf2_add_txt(void *server, const char *name, const char *text)
{
	SPF_server_t *spf = server;
	return SPF_dns_zone_add_str(spf->resolver, name, ns_t_txt, NETDB_SUCCESS, text) == SPF_E_SUCCESS;
}

/* The result as libspf2 numbers them, -1 for a failure. */
int bench_spf2_check(void *server, const char *ip, const char *helo, const char *mail_from)
{
	SPF_request_t *request = SPF_request_new(server);
	SPF_response_t *response = NULL;
	int result = -1;
	if (SPF_request_set_ipv4_str(request, ip) == SPF_E_SUCCESS
		&& SPF_request_set_helo_dom(request, helo) == SPF_E_SUCCESS
		&& SPF_request_set_env_from(request, mail_from) == 0) {
		SPF_request_query_mailfrom(request, &response);
		if (response != NULL)
			result = (int) SPF_response_result(response);
	}
	if (response != NULL)
		SPF_response_free(response);
	SPF_request_free(request);
	return result;
}
