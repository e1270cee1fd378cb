/* Why records matter and what they wait for, in English: for API and command line. The panel's
 * words are in templates/words.*, by the same names. */
#include "backend/dns/records.h"

static const char *const whys[WHY_COUNT] = {
	[WHY_NONE] = "",
	[WHY_MX] = "Tells the world which server takes mail for this domain. Without it no mail "
		   "arrives.",
	[WHY_HOST] =
		"The mail server's name must lead to its address; the MX record points to this "
		"name.",
	[WHY_SPF] = "Lists the servers that may send for this domain. Without it other servers put "
		    "its mail into Junk. A domain has one such record only: what is there already "
		    "is kept in it.",
	[WHY_DKIM_RSA] =
		"The public key with which receivers verify our signature on this domain's "
		"mail.",
	[WHY_DKIM_ED25519] = "A second, shorter key (Ed25519) for receivers that know it.",
	[WHY_DKIM_ALIAS] = "Leads receivers to the key with which this domain's mail is signed. It "
			   "stays as it is when the key changes.",
	[WHY_DKIM_SPARE] =
		"The name under which the next key will be found. With it in place, keys "
		"change without any work in this zone.",
	[WHY_DKIM_HOST] = "The key itself, in the mail server's zone. Whoever runs the server "
			  "publishes it.",
	[WHY_DMARC] = "Tells receivers what to do with mail that fails SPF and DKIM, and where to "
		      "report. Begin with p=none, go on to quarantine and reject when the reports "
		      "look right.",
	[WHY_DMARC_REPORT] = "The reports about this domain go to another one, which has to agree: "
			     "without this record in its zone receivers send none.",
	[WHY_PTR] = "The name behind the server's address. It is set where the address comes from "
		    "(the hosting or internet provider's panel), not in this domain's zone. Many "
		    "servers refuse mail from an address without it.",
	[WHY_SRV] = "Lets mail programs find the server from the address alone.",
	[WHY_AUTOCONFIG] = "Thunderbird and its relatives ask this name for the settings, so that "
			   "people type their address and password only.",
	[WHY_AUTODISCOVER] = "Outlook asks this name for the settings.",
	[WHY_AUTODISCOVER_SRV] = "Leads Outlook to a server whose certificate is good.",
	[WHY_MTA_STS_HOST] = "Senders fetch the policy for encrypted delivery from this name. It "
			     "needs a certificate for it.",
	[WHY_MTA_STS] = "Says that there is such a policy. Its id changes with the policy.",
	[WHY_MTA_STS_LEAVING] = "MTA-STS has been switched off. Senders that keep the old policy "
				"learn it by this id; the record may go after a week.",
	[WHY_TLS_RPT] = "Where senders report trouble with encrypted delivery to this domain.",
	[WHY_CAA] = "Names the authority that issues this server's certificates, so that no other "
		    "one gives out certificates for the domain. Keep the lines of authorities that "
		    "your web site uses.",
	[WHY_TLSA] = "The fingerprint of the server's key (DANE). Senders that know it refuse any "
		     "other server. It counts because the zone is signed; when the key of the "
		     "certificate changes, this record changes first.",
	[WHY_NO_MX] = "Says that the domain takes no mail, so that senders get their mail back at "
		      "once.",
	[WHY_NO_SPF] = "Says that nobody sends for this domain.",
	[WHY_NO_DKIM] = "Says that no key signs for this domain.",
	[WHY_NO_DMARC] = "Asks receivers to refuse mail that claims to be from this domain.",
};

static const char *const depends[DEPENDS_COUNT] = {
	[DEPENDS_NONE] = "",
	[DEPENDS_HOST] = "First the server's name must lead to its address.",
	[DEPENDS_CERTIFICATE] = "The server needs a certificate for this name.",
	[DEPENDS_MTA_STS_HOST] =
		"First the name mta-sts must lead to the server, with a certificate "
		"for it.",
	[DEPENDS_DKIM_SPF] =
		"First SPF and DKIM must be right, also for other services that send for "
		"the domain.",
	[DEPENDS_DNSSEC] = "Only while the zone of the server's name is signed (DNSSEC).",
	[DEPENDS_OPERATOR] =
		"The server's operator has to publish the key under the name that this "
		"leads to.",
};

const char *record_why_text(enum record_why why)
{
	return whys[why];
}

const char *record_depends_text(enum record_depends d)
{
	return depends[d];
}
