import { install } from 'bff-js/jquery';
import $ from 'jquery';
import { start } from '../plain';

install($);
start(async () => {
  const call = $.ajax(`${bffUrl}/api/private`);
  await call;
  return call.status;
});
