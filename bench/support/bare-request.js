/** What has to be sent for a token, and no more. */
export const form = 'grant_type=client_credentials'

export const headers = {
  authorization: `Basic ${btoa('orders:secret')}`,
  'content-type': 'application/x-www-form-urlencoded'
}
